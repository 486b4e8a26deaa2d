using System.Text;
using CsCheck;
using XcpBroker.Auth.Sasl.CookieSha1;

namespace XcpBroker.Auth.Tests.Sasl;

internal sealed class KeyringFileTests
{
    private static readonly Gen<Cookie> AnyCookie =
        from id in Gen.UInt[0, int.MaxValue]
        from time in Gen.Long[0, long.MaxValue]
        from secret in Gen.Char["0123456789abcdefABCDEF"].Array[1, 100].Select(digits => new string([.. digits, .. digits]))
        select new Cookie(id, time, secret);

    [Test]
    public void What_is_written_is_read_back() => AnyCookie.Array[0, 20].Sample(cookies =>
        KeyringFile.Parse(KeyringFile.Format(cookies)).SequenceEqual(cookies));

    [Test]
    public void Any_bytes_are_read_without_harm() =>
        Gen.OneOf(Gen.Byte.Array[0, 300], Gen.OneOf("1 ", "\n", " ", "ab", "-1", "99999999999999999999 ", "\t").Array[0, 30].Select(Join))
            .Sample(bytes => KeyringFile.Parse(bytes).All(cookie => cookie.Id <= int.MaxValue && cookie.CreationTime >= 0 && cookie.Secret.Length % 2 == 0));

    [TestCase("1 2 abcd", true)]
    [TestCase("1 2 ABCD", true)]
    [TestCase("2147483647 2 ab", true)]
    [TestCase("1  2\tab", true)]
    [TestCase("2147483648 2 ab", false, Description = "the number is larger than an int")]
    [TestCase("-1 2 ab", false)]
    [TestCase("1 -2 ab", false)]
    [TestCase("1 2 abc", false)]
    [TestCase("1 2 xy", false)]
    [TestCase("1 2 ab ", false)]
    [TestCase("1 2 ", false)]
    [TestCase("1 2", false)]
    [TestCase(" 1 2 ab", false)]
    [TestCase("", false)]
    public void A_line_is_a_number_a_time_and_hex_digits(string line, bool isRead) =>
        Assert.That(KeyringFile.Parse(Encoding.ASCII.GetBytes($"bad\n{line}\n")), Has.Count.EqualTo(isRead ? 1 : 0));

    [Test]
    public void Only_256_cookies_are_read()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 300).Select(id => $"{id} 1 ab\n")));
        Assert.That(KeyringFile.Parse(text), Has.Count.EqualTo(256));
    }

    [TestCase(0, true, true)]
    [TestCase(299, true, true)]
    [TestCase(300, false, true)]
    [TestCase(420, false, true)]
    [TestCase(421, false, false)]
    [TestCase(-300, true, true)]
    [TestCase(-301, false, false)]
    public void A_cookie_is_offered_for_five_minutes_and_kept_for_seven(int age, bool isOffered, bool isKept)
    {
        const long Now = 1_700_000_000;
        Cookie cookie = new(1, Now - age, "ab");

        Assert.That((CookieAges.IsOffered(cookie, Now), CookieAges.IsKept(cookie, Now)), Is.EqualTo((isOffered, isKept)));
    }

    [Test]
    public void No_time_overflows()
    {
        Cookie farOff = new(1, long.MaxValue, "ab");
        Assert.That((CookieAges.IsOffered(farOff, 0), CookieAges.IsKept(farOff, 0)), Is.EqualTo((false, false)));
    }

    private static byte[] Join(string[] parts) => Encoding.ASCII.GetBytes(string.Concat(parts));
}
