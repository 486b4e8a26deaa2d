using System.Buffers.Binary;
using System.Numerics;

namespace XcpBroker.Journal;

/// <summary>CRC-32C (RFC 3720, appendix B.4), by the processor's own instruction where it has one.</summary>
internal static class Checksum
{
    /// <summary>The checksum of some bytes that a number goes before.</summary>
    /// <param name="seed">The number.</param>
    /// <param name="bytes">The bytes.</param>
    internal static uint Of(ulong seed, ReadOnlySpan<byte> bytes)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, seed);
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }
}
