using System.Globalization;
using System.Text;
using XcpBroker.Config.Services;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Times, sizes and yes or no, as systemd writes them: what is taken is within its bounds and, written in the smallest unit, the same.</summary>
internal sealed class UnitTextTarget : IFuzzTarget
{
    private const long MostBytes = 1L << 50;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(36525);

    public static string Name => "units";

    public static string Corpus => "services/units.tsv";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        string text = Encoding.Latin1.GetString(input);
        if (UnitText.TryParseTime(text, out TimeSpan time))
        {
            FuzzFailure.Unless(time >= TimeSpan.Zero && time <= Longest, "a time beyond its bounds");
            string seconds = string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalSeconds}s {time.Milliseconds}ms");
            FuzzFailure.Unless(UnitText.TryParseTime(seconds, out TimeSpan again) && again == time, "a time, written anew, is another");
        }

        if (UnitText.TryParseBytes(text, out long bytes))
        {
            FuzzFailure.Unless(bytes is >= 0 and <= MostBytes, "a size beyond its bounds");
            string digits = bytes.ToString(CultureInfo.InvariantCulture);
            FuzzFailure.Unless(UnitText.TryParseBytes(digits, out long again) && again == bytes, "a size, written anew, is another");
        }

        bool isBoolean = UnitText.TryParseBoolean(text, out bool value);
        FuzzFailure.Unless(isBoolean || !value, "no boolean is true");
    }
}
