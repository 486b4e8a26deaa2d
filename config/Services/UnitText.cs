using System.Globalization;

namespace XcpBroker.Config.Services;

/// <summary>Numbers with units, as systemd writes them: systemd.time(7), "Parsing Time Spans", and systemd.resource-control(5) for sizes.</summary>
public static class UnitText
{
    private static readonly (string Unit, TimeSpan Span)[] Times =
    [
        ("msec", TimeSpan.FromMilliseconds(1)), ("ms", TimeSpan.FromMilliseconds(1)),
        ("seconds", TimeSpan.FromSeconds(1)), ("second", TimeSpan.FromSeconds(1)), ("sec", TimeSpan.FromSeconds(1)), ("s", TimeSpan.FromSeconds(1)),
        ("minutes", TimeSpan.FromMinutes(1)), ("minute", TimeSpan.FromMinutes(1)), ("min", TimeSpan.FromMinutes(1)), ("m", TimeSpan.FromMinutes(1)),
        ("hours", TimeSpan.FromHours(1)), ("hour", TimeSpan.FromHours(1)), ("hr", TimeSpan.FromHours(1)), ("h", TimeSpan.FromHours(1)),
        ("days", TimeSpan.FromDays(1)), ("day", TimeSpan.FromDays(1)), ("d", TimeSpan.FromDays(1)),
        ("weeks", TimeSpan.FromDays(7)), ("week", TimeSpan.FromDays(7)), ("w", TimeSpan.FromDays(7)),
        ("", TimeSpan.FromSeconds(1)),
    ];

    /// <summary>The longest time that can be written: 100 years.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36525);

    /// <summary>A time as people read it.</summary>
    internal static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    /// <summary>Reads yes, no and what else systemd takes for them.</summary>
    public static bool TryParseBoolean(string text, out bool value)
    {
        value = text is "1" or "yes" or "true" or "on";
        return value || text is "0" or "no" or "false" or "off";
    }

    /// <summary>Reads a number of bytes: digits, and K, M, G or T for the powers of 1024.</summary>
    /// <param name="text">For example <c>4M</c>.</param>
    /// <param name="bytes">From 0 to 1 PiB.</param>
    public static bool TryParseBytes(string text, out long bytes)
    {
        ArgumentNullException.ThrowIfNull(text);
        int shift = text.Length == 0 ? 0 : text[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        bool isNumber = long.TryParse(text.AsSpan(0, text.Length - (shift == 0 ? 0 : 1)), NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
        bool fits = isNumber && bytes <= LimitTable.MaxBytes >> shift;
        bytes = fits ? bytes << shift : 0;
        return fits;
    }

    /// <summary>Reads a time: numbers with units, added up; a number alone is seconds.</summary>
    /// <param name="text">For example <c>20</c>, <c>1h 30min</c> or <c>500ms</c>.</param>
    /// <param name="time">From 0 to 100 years.</param>
    public static bool TryParseTime(string text, out TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(text);
        time = TimeSpan.Zero;
        ReadOnlySpan<char> left = text.AsSpan().Trim(' ');
        if (left.IsEmpty)
        {
            return false;
        }

        while (!left.IsEmpty)
        {
            int digits = left.IndexOfAnyExceptInRange('0', '9') is var end && end < 0 ? left.Length : end;
            if (!uint.TryParse(left[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            {
                return false;
            }

            left = left[digits..].TrimStart(' ');
            int letters = left.IndexOfAnyExceptInRange('a', 'z') is var last && last < 0 ? left.Length : last;
            if (!TryFindUnit(left[..letters], out TimeSpan unit) || number > Longest / unit || time + (number * unit) > Longest)
            {
                return false;
            }

            time += number * unit;
            left = left[letters..].TrimStart(' ');
        }

        return true;
    }

    private static bool TryFindUnit(ReadOnlySpan<char> text, out TimeSpan span)
    {
        foreach ((string unit, TimeSpan found) in Times)
        {
            if (text.SequenceEqual(unit))
            {
                span = found;
                return true;
            }
        }

        span = default;
        return false;
    }
}
