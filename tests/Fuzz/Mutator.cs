using System.Buffers.Binary;

namespace XcpBroker.Fuzz;

/// <summary>Makes inputs out of seeds: a few random changes each, some of which know what numbers and types look like.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, Random random)
{
    private const int LongestInput = 1 << 16;

    private static readonly uint[] Numbers =
    [
        0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 255, 256, 0x7fff, 0x8000, 0xffff,
        1 << 26, (1 << 26) + 1, 1 << 27, 0x7fffffff, 0x80000000, 0xffffffff,
    ];

    private static readonly byte[] Bytes =
        "\0\u0001\u0002\u0004\u0005\u0007\u0008\u0009\nlB\u007f\"'/.:-_,=\\ aybnqiuxtdsoghv(){}0AZ"u8.ToArray();

    internal byte[] Next()
    {
        byte[] input = [.. Pick()];
        int changes = 1 + random.Next(6);
        for (int i = 0; i < changes; i++)
        {
            input = Change(input);
        }

        return input.Length <= LongestInput ? input : input[..LongestInput];
    }

    private byte[] Pick() => seeds.Count == 0 ? [] : seeds[random.Next(seeds.Count)];

    private byte[] Change(byte[] input)
    {
        int at = random.Next(input.Length + 1);
        int length = Math.Min(input.Length - at, 1 + random.Next(16));
        switch (random.Next(9))
        {
            case 0 when input.Length > at:
                input[at] ^= (byte)(1 << random.Next(8));
                return input;
            case 1 when input.Length > at:
                input[at] = Bytes[random.Next(Bytes.Length)];
                return input;
            case 2 when input.Length > at:
                input[at] = (byte)random.Next(256);
                return input;
            case 3 when input.Length - (at & ~3) >= 4:
                WriteNumber(input.AsSpan(at & ~3));
                return input;
            case 4:
                return [.. input[..at], .. input[(at + length)..]];
            case 5:
                return [.. input[..(at + length)], .. input[at..]];
            case 6:
                byte[] other = Pick();
                int from = random.Next(other.Length + 1);
                int count = Math.Min(other.Length - from, random.Next(64));
                return [.. input[..at], .. other[from..(from + count)], .. input[Math.Min(input.Length, at + count)..]];
            case 7:
                return [.. input[..at], Bytes[random.Next(Bytes.Length)], .. input[at..]];
            default:
                return random.Next(8) == 0 ? input[..at] : input;
        }
    }

    private void WriteNumber(Span<byte> bytes)
    {
        uint number = random.Next(4) == 0 ? (uint)random.Next(300) : Numbers[random.Next(Numbers.Length)];
        if (random.Next(2) == 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        }
    }
}
