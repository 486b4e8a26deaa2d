using System.Security.Cryptography;
using System.Text;
using CsCheck;
using XcpBroker.Auth.Sasl.CookieSha1;

namespace XcpBroker.Auth.Tests.Sasl;

internal sealed class Sha1Tests
{
    /// <remarks>RFC 3174, "7.3"; the rest FIPS 180's examples.</remarks>
    [TestCase("", 1, "da39a3ee5e6b4b0d3255bfef95601890afd80709")]
    [TestCase("abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d")]
    [TestCase("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1")]
    [TestCase("a", 1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f")]
    [TestCase("0123456701234567012345670123456701234567012345670123456701234567", 10, "dea356a2cddd90c7a7ecedc5ebb563934f460452")]
    public void The_published_vectors_hold(string text, int times, string expected) =>
        Assert.That(Hash(Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(text, times)))), Is.EqualTo(expected));

    [Test]
    public void Every_length_around_a_block_gives_what_the_library_gives()
    {
        for (int length = 0; length <= 200; length++)
        {
            byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
            Assert.That(Hash(bytes), Is.EqualTo(Convert.ToHexStringLower(SHA1.HashData(bytes))), $"{length} bytes");
        }
    }

    [Test]
    public void Any_bytes_give_what_the_library_gives() =>
        Gen.Byte.Array[0, 500].Sample(bytes => Hash(bytes) == Convert.ToHexStringLower(SHA1.HashData(bytes)));

    private static string Hash(byte[] bytes)
    {
        byte[] hash = new byte[Sha1.HashBytes];
        Sha1.Hash(bytes, hash);
        return Convert.ToHexStringLower(hash);
    }
}
