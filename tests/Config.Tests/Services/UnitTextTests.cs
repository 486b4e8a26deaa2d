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

    [TestCase("yes", true, true)]
    [TestCase("1", true, true)]
    [TestCase("off", true, false)]
    [TestCase("perhaps", false, false)]
    public void Yes_and_no(string text, bool isOne, bool value) =>
        Assert.That((UnitText.TryParseBoolean(text, out bool read), read), Is.EqualTo((isOne, value)));
}
