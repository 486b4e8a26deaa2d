using XcpBroker.Config.Services;

namespace XcpBroker.Config.Tests.Services;

internal sealed class UnitTextTests
{
    [TestCase("0", 0)]
    [TestCase("20", 20_000)]
    [TestCase("20s", 20_000)]
    [TestCase("500ms", 500)]
    [TestCase("1h 30min", 5_400_000)]
    [TestCase("1h30m", 5_400_000)]
    [TestCase(" 2 days ", 172_800_000)]
    [TestCase("1min 30", 90_000)]
    public void Times_are_written_as_systemd_writes_them(string text, long milliseconds)
    {
        Assert.That(UnitText.TryParseTime(text, out TimeSpan time), Is.True);
        Assert.That(time, Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));
    }

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("s")]
    [TestCase("-1s")]
    [TestCase("1.5s")]
    [TestCase("1 lightyear")]
    [TestCase("4294967296")]
    [TestCase("4000000000w")]
    [TestCase("36525d 1s")]
    public void What_is_no_time_is_none(string text) => Assert.That(UnitText.TryParseTime(text, out _), Is.False);

    [TestCase("0", 0)]
    [TestCase("1000", 1000)]
    [TestCase("64K", 65_536)]
    [TestCase("4M", 4_194_304)]
    [TestCase("2G", 2_147_483_648)]
    [TestCase("1024T", 1L << 50)]
    public void Sizes_are_powers_of_1024(string text, long bytes)
    {
        Assert.That(UnitText.TryParseBytes(text, out long read), Is.True);
        Assert.That(read, Is.EqualTo(bytes));
    }

    [TestCase("")]
    [TestCase("K")]
    [TestCase("4k")]
    [TestCase("4 M")]
    [TestCase("-4")]
    [TestCase("4MB")]
    [TestCase("1025T")]
    [TestCase("99999999999999999999")]
    public void What_is_no_size_is_none(string text) => Assert.That(UnitText.TryParseBytes(text, out _), Is.False);

    [Test]
    public void A_time_is_the_sum_of_its_parts_however_they_are_written()
    {
        (string Unit, long Milliseconds)[] units =
        [
            ("ms", 1), ("msec", 1), ("s", 1000), ("sec", 1000), ("second", 1000), ("seconds", 1000), ("m", 60_000), ("min", 60_000), ("minute", 60_000),
            ("minutes", 60_000), ("h", 3_600_000), ("hr", 3_600_000), ("hour", 3_600_000), ("hours", 3_600_000), ("d", 86_400_000), ("day", 86_400_000),
            ("days", 86_400_000), ("w", 604_800_000), ("week", 604_800_000), ("weeks", 604_800_000),
        ];
        const long Longest = 36525L * 86_400_000;
        Random random = new(20261128);
        int tooLong = 0;
        for (int i = 0; i < 20_000; i++)
        {
            long sum = 0;
            string text = "";
            for (int part = random.Next(1, 5); part > 0; part--)
            {
                (string unit, long milliseconds) = units[random.Next(units.Length)];
                long number = random.NextInt64(1L << random.Next(1, 33));
                sum += number * milliseconds;
                text += $"{new string(' ', random.Next(2))}{number}{new string(' ', random.Next(2))}{unit}";
            }

            bool isTime = UnitText.TryParseTime(text, out TimeSpan time);
            Assert.That(isTime, Is.EqualTo(sum <= Longest), text);
            Assert.That(!isTime || time == TimeSpan.FromMilliseconds(sum), text);
            tooLong += isTime ? 0 : 1;
        }

        Assert.That(tooLong, Is.InRange(1000, 19_000), "both happen");
    }

    [Test]
    public void A_size_is_its_number_times_its_unit()
    {
        Random random = new(20261128);
        for (int i = 0; i < 20_000; i++)
        {
            long number = random.NextInt64(1L << random.Next(1, 60));
            int unit = random.Next(5);
            bool isSize = UnitText.TryParseBytes($"{number}{" KMGT"[unit]}".Replace(" ", "", StringComparison.Ordinal), out long bytes);

            Assert.That(isSize, Is.EqualTo(number <= (1L << 50) >> (10 * unit)), $"{number} {unit}");
            Assert.That(!isSize || bytes == number << (10 * unit));
        }
    }

    [Test]
    public void Whatever_is_written_is_a_time_or_is_none()
    {
        const string Letters = "0123456789 msechrdaywkn-.+KMGT\t";
        Random random = new(20261128);
        for (int i = 0; i < 50_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Letters[random.Next(Letters.Length)]));
            bool isTime = UnitText.TryParseTime(text, out TimeSpan time);
            Assert.That(isTime && time < TimeSpan.Zero, Is.False, text);
            Assert.That(isTime && !text.Any(char.IsAsciiDigit), Is.False, text);
        }
    }

    [TestCase("yes", true, true)]
    [TestCase("1", true, true)]
    [TestCase("off", true, false)]
    [TestCase("perhaps", false, false)]
    public void Yes_and_no(string text, bool isOne, bool value) =>
        Assert.That((UnitText.TryParseBoolean(text, out bool read), read), Is.EqualTo((isOne, value)));
}
