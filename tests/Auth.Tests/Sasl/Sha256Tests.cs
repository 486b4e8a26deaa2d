using System.Security.Cryptography;
using CsCheck;
using XcpBroker.Auth.Sasl.XcpToken;

namespace XcpBroker.Auth.Tests.Sasl;

internal sealed class Sha256Tests
{
    /// <remarks>RFC 4231, test cases 1 to 4, 6 and 7 (5 is a truncated code).</remarks>
    [TestCase("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [TestCase("4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [TestCase("aa*20", "dd*50", "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")]
    [TestCase("0102030405060708090a0b0c0d0e0f10111213141516171819", "cd*50", "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")]
    [TestCase(
        "aa*131",
        "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")]
    [TestCase(
        "aa*131",
        "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206c61726765"
            + "72207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f726520626569"
            + "6e6720757365642062792074686520484d414320616c676f726974686d2e",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")]
    public void The_code_of_each_vector(string key, string data, string expected) =>
        Assert.That(Convert.ToHexStringLower(Sha256.Authenticate(Bytes(key), Bytes(data))), Is.EqualTo(expected));

    [Test]
    public void It_is_the_librarys_hash_and_code() => Gen.Select(Gen.Byte.Array[0, 200], Gen.Byte.Array[0, 200]).Sample((key, data) =>
    {
        byte[] hash = new byte[Sha256.HashBytes];
        Sha256.Hash(data, hash);
        return hash.AsSpan().SequenceEqual(SHA256.HashData(data)) && Sha256.Authenticate(key, data).AsSpan().SequenceEqual(HMACSHA256.HashData(key, data));
    });

    private static byte[] Bytes(string text) => text.Split('*') is [string one, string times]
        ? [.. Enumerable.Repeat(Convert.FromHexString(one)[0], int.Parse(times, null))]
        : Convert.FromHexString(text);
}
