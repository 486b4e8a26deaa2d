using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Numbers and padding of the wire format (spec, message-protocol-marshaling).</summary>
internal static class WireFormat
{
    internal static ushort ReadUInt16(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    internal static uint ReadUInt32(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    internal static ulong ReadUInt64(ReadOnlySpan<byte> bytes, bool isBigEndian) =>
        isBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    internal static void WriteUInt32(Span<byte> bytes, uint value, bool isBigEndian)
    {
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }
    }

    /// <summary>The next position that is a multiple of 1, 2, 4 or 8. Positions stay below 2^28, so nothing overflows.</summary>
    internal static int Align(int position, int alignment) => (position + alignment - 1) & -alignment;

    /// <summary>Whether bytes are all zero, as padding has to be.</summary>
    internal static bool IsZero(ReadOnlySpan<byte> padding)
    {
        foreach (byte b in padding)
        {
            if (b != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The same for padding to a multiple of 8, of which there are at most 7 bytes: one look at the last eight.</summary>
    /// <param name="bytes">Reach at least to <paramref name="padded"/>.</param>
    /// <param name="position">Where padding begins.</param>
    /// <param name="padded">Where it ends, at least 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsPaddedWithZero(ReadOnlySpan<byte> bytes, int position, int padded)
    {
        ulong last = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Slice(padded - 8, 8));
        int kept = 8 - (padded - position);
        return position == padded || last >> (8 * kept) == 0;
    }
}
