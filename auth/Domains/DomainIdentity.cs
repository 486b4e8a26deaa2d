using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Auth.Domains;

/// <summary>A domain whose peers are on this bus without being users of this host. Who is one has proved it, or its listener has.</summary>
/// <param name="Name">What the configuration calls it; unique, and a word by <see cref="IsValidWord"/>.</param>
/// <remarks>Its peers have no Unix user here, whatever numbers they claim.</remarks>
public sealed record DomainIdentity(string Name)
{
    /// <summary>Letters of the longest name, type or tag.</summary>
    public const int MaxWordLength = 63;

    /// <summary>Somewhere outside this host, and nobody knows where: what has come from there has proved nothing.</summary>
    public static DomainIdentity Unknown { get; } = new("@unknown");

    /// <summary>Its UUID, canonical and lower-case; null: not configured.</summary>
    public string? Uuid { get; init; }

    /// <summary>What kind of domain it is, as the configuration says; null: not configured.</summary>
    public string? Type { get; init; }

    /// <summary>What else policies may know it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The number that the hypervisor gave it this time (domid, or CID); null: not known.</summary>
    public uint? Id { get; init; }

    /// <summary>Whether it is a domain that is configured.</summary>
    public bool IsKnown => !ReferenceEquals(this, Unknown);

    /// <summary>Whether a text can be a name, type or tag: ASCII letters, digits, <c>.</c>, <c>_</c> and <c>-</c>, the first a letter or digit.</summary>
    public static bool IsValidWord(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length is > 0 and <= MaxWordLength
            && char.IsAsciiLetterOrDigit(text[0])
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-');
    }

    /// <summary>Reads a UUID in its form with hyphens.</summary>
    public static bool TryParseUuid(string text, [NotNullWhen(true)] out string? uuid)
    {
        uuid = Guid.TryParseExact(text, "D", out Guid parsed) ? parsed.ToString("D") : null;
        return uuid is not null;
    }

    /// <summary>Its name.</summary>
    public override string ToString() => Name;
}
