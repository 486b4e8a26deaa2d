using System.Buffers.Binary;
using System.Numerics;

namespace XcpBroker.Auth.Sasl.CookieSha1;

/// <summary>SHA-1 of short inputs.</summary>
/// <remarks>
/// The library's needs OpenSSL to be installed and loads it; nothing else here does. DBUS_COOKIE_SHA1 asks of it only that it cannot be
/// inverted. Source: RFC 3174, method 1.
/// </remarks>
internal readonly struct Sha1 : IBlockHash
{
    internal const int HashBytes = 20;

    public static ReadOnlySpan<uint> InitialState => [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

    /// <summary>Writes the hash, <see cref="HashBytes"/> bytes.</summary>
    internal static void Hash(ReadOnlySpan<byte> input, Span<byte> hash) => BlockHash.Hash<Sha1>(input, hash);

    public static void Mix(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[80];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = i < 16
                ? BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..])
                : BitOperations.RotateLeft(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
        }

        (uint a, uint b, uint c, uint d, uint e) = (state[0], state[1], state[2], state[3], state[4]);
        for (int i = 0; i < words.Length; i++)
        {
            (uint mixed, uint constant) = (i / 20) switch
            {
                0 => ((b & c) | (~b & d), 0x5a827999u),
                1 => (b ^ c ^ d, 0x6ed9eba1u),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1bbcdcu),
                _ => (b ^ c ^ d, 0xca62c1d6u),
            };
            uint next = BitOperations.RotateLeft(a, 5) + mixed + e + words[i] + constant;
            (e, d, c, b, a) = (d, c, BitOperations.RotateLeft(b, 30), a, next);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
    }
}
