using System.Buffers.Binary;

namespace XcpBroker.Journal;

/// <summary>What a record of the journal says. The numbers are on disk.</summary>
internal enum RecordKind : uint
{
    /// <summary>A message was accepted, or is kept in another segment from now on.</summary>
    Message = 1,

    /// <summary>Messages have left the journal.</summary>
    Done = 2,

    /// <summary>A message was given to an owner that died before it had it.</summary>
    Deliveries = 3,

    /// <summary>A message is not tried again.</summary>
    SetAside = 4,
}

/// <summary>A segment of the journal as bytes: a header, then records one behind the other, each at a multiple of 8. Numbers are little-endian.</summary>
/// <remarks>
/// Header: "XCPJRNL1", number of the segment, salt, the next message's number when it began (8 bytes each), checksum, 0 (4 each).
/// Record: marker, length of its payload, kind, checksum of the payload, checksum of what is before it, 0 (4 bytes each), payload, zeros.
/// Every checksum begins with the salt, a random number that no peer knows, and that of a record's header with its offset too: bytes of
/// a peer's message, or of another segment, never pass for a record, wherever a reader has to look for the next one.
/// </remarks>
internal static class SegmentFormat
{
    internal const int HeaderLength = 40;

    internal const int RecordHeaderLength = 24;

    /// <summary>What every record begins with: "JREC".</summary>
    internal const uint Marker = 0x4345524a;

    private static ReadOnlySpan<byte> Magic => "XCPJRNL1"u8;

    /// <summary>Bytes of a record on disk.</summary>
    internal static long RecordLength(int payload) => RecordHeaderLength + (((long)payload + 7) & ~7L);

    internal static void WriteHeader(Span<byte> target, ulong number, ulong salt, ulong nextSequence)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt64LittleEndian(target[8..], number);
        BinaryPrimitives.WriteUInt64LittleEndian(target[16..], salt);
        BinaryPrimitives.WriteUInt64LittleEndian(target[24..], nextSequence);
        BinaryPrimitives.WriteUInt32LittleEndian(target[32..], Checksum.Of(salt, target[..32]));
        BinaryPrimitives.WriteUInt32LittleEndian(target[36..], 0);
    }

    /// <returns>False: it is no header of that segment.</returns>
    internal static bool TryReadHeader(ReadOnlySpan<byte> bytes, ulong number, out ulong salt, out ulong nextSequence)
    {
        salt = 0;
        nextSequence = 0;
        if (bytes.Length < HeaderLength || !bytes.StartsWith(Magic) || BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]) != number)
        {
            return false;
        }

        salt = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        nextSequence = BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]) == Checksum.Of(salt, bytes[..32]);
    }

    /// <summary>Records as they are written behind each other.</summary>
    /// <param name="records">What they say.</param>
    /// <param name="salt">Of the segment.</param>
    /// <param name="offset">Where in it the first one comes to lie.</param>
    internal static byte[] Frame(IReadOnlyList<(RecordKind Kind, byte[] Payload)> records, ulong salt, long offset)
    {
        byte[] bytes = new byte[records.Sum(record => RecordLength(record.Payload.Length))];
        int at = 0;
        foreach ((RecordKind kind, byte[] payload) in records)
        {
            WriteRecordHeader(bytes.AsSpan(at), salt, offset + at, kind, payload);
            payload.CopyTo(bytes, at + RecordHeaderLength);
            at += (int)RecordLength(payload.Length);
        }

        return bytes;
    }

    private static void WriteRecordHeader(Span<byte> target, ulong salt, long offset, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(target, Marker);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], (uint)payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(target[8..], (uint)kind);
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], Checksum.Of(salt, payload));
        BinaryPrimitives.WriteUInt32LittleEndian(target[16..], Checksum.Of(salt + (ulong)offset, target[..16]));
        BinaryPrimitives.WriteUInt32LittleEndian(target[20..], 0);
    }
}
