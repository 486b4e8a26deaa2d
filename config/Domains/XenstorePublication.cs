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
    /// <param name="error">What is wrong; null: nothing.</param>
    public static bool IsAddress(string text, [NotNullWhen(false)] out string? error)
    {
        if (!AddressParser.TryParse(text, out IReadOnlyList<ListenAddress>? addresses, out error))
        {
            return false;
        }

        error = addresses.Count != 1 ? "expected one address"
            : text.Length > MaxAddressLength || !text.All(char.IsAscii) ? $"'{Printable.OneLine(text)}': expected at most {MaxAddressLength} ASCII characters"
            : addresses[0] switch
            {
                TcpListenAddress { HasNonce: false, Port: > 0, Host.Length: > 0 } => null,
                VsockListenAddress { Cid: not null } => null,
                UnixListenAddress { Kind: UnixAddressKind.Path or UnixAddressKind.Abstract } => null,
                _ => $"'{Printable.OneLine(text)}': a domain cannot connect to this; expected tcp: with host and port, vsock: with cid and port, or unix: with path",
            };
        return error is null;
    }
}
