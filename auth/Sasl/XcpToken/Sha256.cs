using System.Buffers.Binary;
using System.Numerics;

namespace XcpBroker.Auth.Sasl.XcpToken;

/// <summary>SHA-256 of short inputs, and HMAC with it.</summary>
/// <remarks>
/// The library's needs OpenSSL to be installed and loads it; nothing else here does (decision 0008). Sources: FIPS 180-4, section 6.2;
/// RFC 2104. Tested with RFC 4231's vectors.
/// </remarks>
internal readonly struct Sha256 : IBlockHash
{
    internal const int HashBytes = 32;

    public static ReadOnlySpan<uint> InitialState =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>HMAC-SHA256, <see cref="HashBytes"/> bytes.</summary>
    internal static byte[] Authenticate(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        byte[] inner = new byte[BlockHash.BlockBytes + message.Length];
        byte[] outer = new byte[BlockHash.BlockBytes + HashBytes];
        if (key.Length > BlockHash.BlockBytes)
        {
            Hash(key, inner);
        }
        else
        {
            key.CopyTo(inner);
        }

        for (int i = 0; i < BlockHash.BlockBytes; i++)
        {
            outer[i] = (byte)(inner[i] ^ 0x5c);
            inner[i] ^= 0x36;
        }

        message.CopyTo(inner.AsSpan(BlockHash.BlockBytes));
        Hash(inner, outer.AsSpan(BlockHash.BlockBytes));
        byte[] code = new byte[HashBytes];
        Hash(outer, code);
        return code;
    }

    /// <summary>Writes the hash, <see cref="HashBytes"/> bytes.</summary>
    internal static void Hash(ReadOnlySpan<byte> input, Span<byte> hash) => BlockHash.Hash<Sha256>(input, hash);

    public static void Mix(Span<uint> state, ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[64];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = i < 16 ? BinaryPrimitives.ReadUInt32BigEndian(block[(i * sizeof(uint))..]) : Expand(words, i);
        }

        (uint a, uint b, uint c, uint d) = (state[0], state[1], state[2], state[3]);
        (uint e, uint f, uint g, uint h) = (state[4], state[5], state[6], state[7]);
        for (int i = 0; i < words.Length; i++)
        {
            uint sum1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
            uint sum0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
            uint first = h + sum1 + ((e & f) ^ (~e & g)) + RoundConstants[i] + words[i];
            uint second = sum0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    private static uint Expand(ReadOnlySpan<uint> words, int i)
    {
        (uint early, uint late) = (words[i - 15], words[i - 2]);
        return words[i - 16] + words[i - 7]
            + (BitOperations.RotateRight(early, 7) ^ BitOperations.RotateRight(early, 18) ^ (early >> 3))
            + (BitOperations.RotateRight(late, 17) ^ BitOperations.RotateRight(late, 19) ^ (late >> 10));
    }
}
