using System.Text;
using CsCheck;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Tests.Marshalling;

[TestFixture]
internal sealed class StrictUtf8Tests
{
    [TestCase("")]
    [TestCase("text")]
    [TestCase("\u0001\u007f")]
    [TestCase("é€😀")]
    [TestCase("\ufffe\uffff\ufdd0", Description = "noncharacters")]
    [TestCase("\U0010ffff")]
    public void Text_is_valid(string text) => Assert.That(StrictUtf8.IsValid(StrictUtf8.Instance.GetBytes(text)), Is.True);

    [TestCase("00")]
    [TestCase("6100")]
    [TestCase("80", Description = "continuation alone")]
    [TestCase("c3", Description = "cut")]
    [TestCase("e282", Description = "cut")]
    [TestCase("f09f98", Description = "cut")]
    [TestCase("c080", Description = "overlong NUL")]
    [TestCase("c1bf", Description = "overlong")]
    [TestCase("e09fbf", Description = "overlong")]
    [TestCase("f08fbfbf", Description = "overlong")]
    [TestCase("eda080", Description = "first surrogate")]
    [TestCase("edbfbf", Description = "last surrogate")]
    [TestCase("f4908080", Description = "above U+10FFFF")]
    [TestCase("f8888080", Description = "five bytes")]
    [TestCase("ff")]
    public void What_is_not_strict_is_invalid(string hex) => Assert.That(StrictUtf8.IsValid(Convert.FromHexString(hex)), Is.False);

    [Test]
    public void What_is_valid_decodes_and_encodes_to_itself() =>
        Gen.Byte.Array[0, 40].Sample(bytes =>
            !StrictUtf8.IsValid(bytes) || StrictUtf8.Instance.GetBytes(StrictUtf8.Instance.GetString(bytes)).AsSpan().SequenceEqual(bytes));

    [Test]
    public void What_is_invalid_throws_when_decoded() =>
        Assert.That(() => StrictUtf8.Instance.GetString([0xed, 0xa0, 0x80]), Throws.TypeOf<DecoderFallbackException>());

    [Test]
    public void A_NUL_is_found_at_every_place()
    {
        for (int length = 1; length < 70; length++)
        {
            for (int at = 0; at < length; at++)
            {
                byte[] text = Encoding.ASCII.GetBytes(new string('x', length));
                Assert.That(StrictUtf8.IsValid(text), Is.True);
                text[at] = 0;
                Assert.That(StrictUtf8.IsValid(text), Is.False);
            }
        }
    }
}
