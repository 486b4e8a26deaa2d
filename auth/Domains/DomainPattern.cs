using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Auth.Domains;

/// <summary>By what a policy means domains, from general to particular: in this order their rules are applied.</summary>
public enum DomainPatternKind : byte
{
    /// <summary><c>*</c>: every domain that is known.</summary>
    Any,

    /// <summary><c>@type:T</c>.</summary>
    Type,

    /// <summary><c>@tag:T</c>.</summary>
    Tag,

    /// <summary><c>uuid:U</c>.</summary>
    Uuid,

    /// <summary>A name.</summary>
    Name,

    /// <summary><c>@dom0</c>: no domain, but the host of the bus.</summary>
    Dom0,

    /// <summary><c>@unknown</c>: from elsewhere, and nobody knows from where.</summary>
    Unknown,
}

/// <summary>Which domains a policy means: the value of <c>domain</c>, <c>send_domain</c> and <c>receive_domain</c>.</summary>
/// <param name="Kind">By what.</param>
/// <param name="Value">The type, tag, UUID or name; empty for the others.</param>
public readonly record struct DomainPattern(DomainPatternKind Kind, string Value)
{
    /// <summary>The forms that there are, for error texts.</summary>
    public const string Forms = "*, a name, uuid:U, @type:T, @tag:T, @dom0 or @unknown";

    private const string UuidPrefix = "uuid:";
    private const string TypePrefix = "@type:";
    private const string TagPrefix = "@tag:";

    /// <summary>Reads one of the <see cref="Forms"/>.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DomainPattern? pattern)
    {
        ArgumentNullException.ThrowIfNull(text);
        pattern = text switch
        {
            "*" => new DomainPattern(DomainPatternKind.Any, ""),
            "@dom0" => new DomainPattern(DomainPatternKind.Dom0, ""),
            "@unknown" => new DomainPattern(DomainPatternKind.Unknown, ""),
            _ when text.StartsWith(UuidPrefix, StringComparison.Ordinal) => OfUuid(text[UuidPrefix.Length..]),
            _ when text.StartsWith(TypePrefix, StringComparison.Ordinal) => OfWord(DomainPatternKind.Type, text[TypePrefix.Length..]),
            _ when text.StartsWith(TagPrefix, StringComparison.Ordinal) => OfWord(DomainPatternKind.Tag, text[TagPrefix.Length..]),
            _ => OfWord(DomainPatternKind.Name, text),
        };
        return pattern is not null;
    }

    /// <summary>Whether a peer is meant.</summary>
    /// <param name="domain">Its domain; null: it is of the host of the bus.</param>
    public bool Matches(DomainIdentity? domain) => Kind switch
    {
        DomainPatternKind.Dom0 => domain is null,
        DomainPatternKind.Unknown => domain is { IsKnown: false },
        _ when domain is not { IsKnown: true } => false,
        DomainPatternKind.Any => true,
        DomainPatternKind.Type => domain.Type == Value,
        DomainPatternKind.Tag => domain.Tags.Contains(Value),
        DomainPatternKind.Uuid => domain.Uuid == Value,
        _ => domain.Name == Value,
    };

    /// <summary>As it is written.</summary>
    public override string ToString() => Kind switch
    {
        DomainPatternKind.Any => "*",
        DomainPatternKind.Dom0 => "@dom0",
        DomainPatternKind.Unknown => "@unknown",
        DomainPatternKind.Uuid => UuidPrefix + Value,
        DomainPatternKind.Type => TypePrefix + Value,
        DomainPatternKind.Tag => TagPrefix + Value,
        _ => Value,
    };

    private static DomainPattern? OfUuid(string text) =>
        DomainIdentity.TryParseUuid(text, out string? uuid) ? new DomainPattern(DomainPatternKind.Uuid, uuid) : null;

    private static DomainPattern? OfWord(DomainPatternKind kind, string word) =>
        DomainIdentity.IsValidWord(word) ? new DomainPattern(kind, word) : null;
}
