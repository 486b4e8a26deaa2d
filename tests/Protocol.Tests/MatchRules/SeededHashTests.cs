using CsCheck;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Protocol.Tests.MatchRules;

public sealed class SeededHashTests
{
    [Test]
    public void A_prefix_has_the_hash_of_its_bytes_alone() =>
        Gen.Byte.Array[0, 100].Sample(bytes =>
        {
            SeededHash.Prefixes prefixes = new(bytes);
            bool all = true;
            for (int length = 0; length <= bytes.Length; length += 1 + (length % 5))
            {
                all &= prefixes.HashOf(length) == SeededHash.Of(bytes.AsSpan(0, length));
            }

            return all;
        });

    [Test]
    public void Every_byte_and_every_length_counts()
    {
        HashSet<uint> hashes = [];
        byte[] bytes = new byte[40];
        for (int length = 0; length <= bytes.Length; length++)
        {
            _ = hashes.Add(SeededHash.Of(bytes.AsSpan(0, length)));
            for (int index = 0; index < length; index++)
            {
                bytes[index] = 1;
                _ = hashes.Add(SeededHash.Of(bytes.AsSpan(0, length)));
                bytes[index] = 0;
            }
        }

        Assert.That(hashes, Has.Count.GreaterThan(41 + (41 * 40 / 2) - 3), "861 values of 32 bits hardly ever meet");
    }

    [Test]
    public void Low_bits_are_spread_evenly()
    {
        const int Values = 64 * 256;
        int[] counts = new int[256];
        for (int number = 0; number < Values; number++)
        {
            counts[SeededHash.Of(BitConverter.GetBytes(number)) & 255]++;
        }

        Assert.That(counts.Max(), Is.LessThan(64 + (8 * 8)), "eight standard deviations above the mean");
        Assert.That(counts.Min(), Is.GreaterThan(64 - (8 * 7)));
    }
}
