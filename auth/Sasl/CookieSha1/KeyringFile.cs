using System.Globalization;
using System.Text;

namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>The text of a keyring file: a line for each cookie, of its number, its time and its secret with blanks between.</summary>
public static class KeyringFile
{
    /// <summary>Lines that count; the file of a client and server that behave has three.</summary>
    /// <remarks>256: MAX_KEYS_IN_FILE of dbus-daemon (dbus/dbus-keyring.c).</remarks>
    public const int MaxCookies = 256;

    /// <summary>Digits of the longest secret; ours have 48.</summary>
    private const int MaxSecretLength = 1024;

    /// <summary>Reads the cookies. Lines that say something else, and those that are too many, are passed over: another program may have written them.</summary>
    public static IReadOnlyList<Cookie> Parse(ReadOnlySpan<byte> text)
    {
        List<Cookie> cookies = [];
        foreach (Range line in text.Split((byte)'\n'))
        {
            if (cookies.Count < MaxCookies && TryParseLine(text[line], out Cookie cookie))
            {
                cookies.Add(cookie);
            }
        }

        return cookies;
    }

    /// <summary>The text that <see cref="Parse"/> reads back, if there are no more than <see cref="MaxCookies"/>.</summary>
    public static byte[] Format(IEnumerable<Cookie> cookies) => Encoding.ASCII.GetBytes(string.Concat(
        cookies.Select(cookie => string.Create(CultureInfo.InvariantCulture, $"{cookie.Id} {cookie.CreationTime} {cookie.Secret}\n"))));

    private static bool TryParseLine(ReadOnlySpan<byte> line, out Cookie cookie)
    {
        cookie = default;
        (ReadOnlySpan<byte> id, ReadOnlySpan<byte> rest) = SaslLine.SplitFirstWord(line);
        (ReadOnlySpan<byte> time, ReadOnlySpan<byte> secret) = SaslLine.SplitFirstWord(rest);
        if (!uint.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            || number > int.MaxValue
            || !long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            || !IsSecret(secret))
        {
            return false;
        }

        cookie = new Cookie(number, seconds, Encoding.ASCII.GetString(secret));
        return true;
    }

    private static bool IsSecret(ReadOnlySpan<byte> secret)
    {
        foreach (byte digit in secret)
        {
            if (!char.IsAsciiHexDigit((char)digit))
            {
                return false;
            }
        }

        return secret.Length is > 0 and <= MaxSecretLength && secret.Length % 2 == 0;
    }
}
