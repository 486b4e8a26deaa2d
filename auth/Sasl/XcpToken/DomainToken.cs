using System.Diagnostics.CodeAnalysis;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Auth.Sasl.XcpToken;

/// <summary>The text of a token file: the name of a domain, a blank, and its secret; or the secret alone.</summary>
/// <param name="Name">The domain; null: the text does not say.</param>
/// <param name="Secret">The characters of the secret, as they stand: they are the HMAC's key.</param>
public sealed record DomainToken(string? Name, ReadOnlyMemory<byte> Secret)
{
    /// <summary>Characters of the shortest secret. Hex digits of 16 random bytes are so many.</summary>
    public const int MinSecretBytes = 32;

    /// <summary>Characters of the longest.</summary>
    public const int MaxSecretBytes = 256;

    /// <summary>Reads one line; line ends and blanks around it do not count.</summary>
    /// <param name="text">What the file says.</param>
    /// <param name="token">What it means.</param>
    /// <param name="error">What is wrong; says nothing of the secret itself.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, [NotNullWhen(true)] out DomainToken? token, [NotNullWhen(false)] out string? error)
    {
        token = null;
        ReadOnlySpan<byte> line = text.Trim(" \t\r\n"u8);
        int blank = line.LastIndexOfAny(" \t"u8);
        ReadOnlySpan<byte> name = blank < 0 ? default : line[..blank].TrimEnd(" \t"u8);
        ReadOnlySpan<byte> secret = line[(blank + 1)..];
        error = line.IsEmpty ? "it is empty"
            : line.ContainsAny("\r\n"u8) ? "it has more than one line"
            : secret.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? "its secret has characters that are not printable ASCII"
            : secret.Length is < MinSecretBytes or > MaxSecretBytes ? $"its secret has {secret.Length} characters; {MinSecretBytes} to {MaxSecretBytes} are possible"
            : !StrictUtf8.IsValid(name) || name.Length > TokenProof.MaxNameBytes ? $"the name before its secret is not UTF-8 of at most {TokenProof.MaxNameBytes} bytes"
            : null;
        if (error is not null)
        {
            return false;
        }

        token = new DomainToken(name.IsEmpty ? null : StrictUtf8.Instance.GetString(name), secret.ToArray());
        return true;
    }
}
