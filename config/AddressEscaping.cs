using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Config;

/// <summary>The %-escapes of values in addresses.</summary>
/// <remarks>Source: D-Bus specification, "Server Addresses": bytes outside [-0-9A-Za-z_/.\*] must be escaped, the others may be.</remarks>
public static class AddressEscaping
{
    private static readonly SearchValues<char> Unescaped =
        SearchValues.Create(@"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_/.\*");

    internal static Encoding Utf8 => StrictUtf8.Instance;

    /// <summary>The text with each byte of its UTF-8 form escaped that has to be.</summary>
    public static string Escape(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!value.AsSpan().ContainsAnyExcept(Unescaped))
        {
            return value;
        }

        StringBuilder escaped = new(value.Length * 3);
        foreach (byte octet in Utf8.GetBytes(value))
        {
            _ = Unescaped.Contains((char)octet)
                ? escaped.Append((char)octet)
                : escaped.Append(CultureInfo.InvariantCulture, $"%{octet:x2}");
        }

        return escaped.ToString();
    }

    /// <summary>Undoes <see cref="Escape"/>.</summary>
    /// <param name="escaped">What stands after the key's '='.</param>
    /// <param name="value">The text: valid UTF-8 without NUL.</param>
    /// <param name="error">What is wrong, naming the character or the escape.</param>
    public static bool TryUnescape(ReadOnlySpan<char> escaped, [NotNullWhen(true)] out string? value, [NotNullWhen(false)] out string? error)
    {
        value = null;
        byte[] octets = new byte[escaped.Length];
        int count = 0;
        for (int i = 0; i < escaped.Length; i++)
        {
            char letter = escaped[i];
            if (letter == '%')
            {
                ReadOnlySpan<char> digits = escaped[(i + 1)..Math.Min(i + 3, escaped.Length)];
                if (digits.Length < 2 || !char.IsAsciiHexDigit(digits[0]) || !char.IsAsciiHexDigit(digits[1]))
                {
                    error = $"'%{digits}' is no escape: two hex digits must follow '%'";
                    return false;
                }

                octets[count++] = byte.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                i += 2;
            }
            else if (Unescaped.Contains(letter))
            {
                octets[count++] = (byte)letter;
            }
            else
            {
                error = $"'{letter}' must be escaped as '%' and two hex digits";
                return false;
            }
        }

        if (!StrictUtf8.IsValid(octets.AsSpan(0, count)))
        {
            error = "the unescaped value is not UTF-8 without NUL";
            return false;
        }

        value = Utf8.GetString(octets.AsSpan(0, count));
        error = null;
        return true;
    }
}
