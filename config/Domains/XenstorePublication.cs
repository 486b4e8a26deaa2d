using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Config.Domains;

/// <summary><c>&lt;xenstore&gt;</c>: domains find in xenstore where the bus is and what proves to it which domain they are.</summary>
/// <param name="Address">Where a domain finds the bus that has no address of its own; null: it must know.</param>
public sealed record XenstorePublication(string? Address)
{
    /// <summary>Bytes of the longest address that is written there.</summary>
    public const int MaxAddressLength = 512;

    /// <summary>An address as a client in a domain can use it: one, and of a kind that can be connected to.</summary>
    /// <param name="text">As written.</param>
    /// <param name="parser">Knows the transports.</param>
    /// <param name="error">What is wrong; null: nothing.</param>
    public static bool IsAddress(string text, AddressParser parser, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(parser);
        if (!parser.TryParse(text, out IReadOnlyList<ListenAddress>? addresses, out error))
        {
            return false;
        }

        error = addresses.Count != 1 ? "expected one address"
            : text.Length > MaxAddressLength || !text.All(char.IsAscii) ? $"'{Printable.OneLine(text)}': expected at most {MaxAddressLength} ASCII characters"
            : addresses[0].ConnectProblem is { } problem ? $"'{Printable.OneLine(text)}': a domain cannot connect to this: {problem}"
            : null;
        return error is null;
    }
}
