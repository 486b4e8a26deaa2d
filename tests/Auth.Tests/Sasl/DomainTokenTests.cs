using System.Text;
using CsCheck;
using XcpBroker.Auth.Sasl.XcpToken;

namespace XcpBroker.Auth.Tests.Sasl;

internal sealed class DomainTokenTests
{
    private const string Secret = "00112233445566778899aabbccddeeff";

    [TestCase($"nfs-1 {Secret}\n", "nfs-1")]
    [TestCase($"  a b\t{Secret} \r\n", "a b")]
    [TestCase(Secret, null)]
    public void A_line_of_a_name_and_a_secret_or_of_a_secret(string text, string? name)
    {
        Assert.That(DomainToken.TryParse(Encoding.ASCII.GetBytes(text), out DomainToken? token, out string? error), Is.True, error);
        Assert.That((token!.Name, Encoding.ASCII.GetString(token.Secret.Span)), Is.EqualTo((name, Secret)));
    }

    [TestCase("", "it is empty")]
    [TestCase(" \n", "it is empty")]
    [TestCase("nfs-1 0011", "its secret has 4 characters")]
    [TestCase($"nfs-1 {Secret}\nnfs-2 {Secret}\n", "it has more than one line")]
    [TestCase($"{Secret}\u007f", "not printable ASCII")]
    [TestCase($"\0 {Secret}", "the name before its secret")]
    public void Anything_else_is_refused_without_a_word_of_the_secret(string text, string expected)
    {
        Assert.That(DomainToken.TryParse(Encoding.ASCII.GetBytes(text), out _, out string? error), Is.False);
        Assert.That(error, Does.Contain(expected).And.Not.Contains(Secret));
    }

    [Test]
    public void No_bytes_make_it_throw() => Gen.Byte.Array[0, 400].Sample(bytes =>
    {
        bool isToken = DomainToken.TryParse(bytes, out DomainToken? token, out string? error);
        return isToken ? token!.Secret.Length is >= DomainToken.MinSecretBytes and <= DomainToken.MaxSecretBytes : error!.Length > 0;
    });
}
