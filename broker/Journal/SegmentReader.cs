using System.Buffers.Binary;

namespace XcpBroker.Journal;

/// <summary>Reads the records of one segment, and passes over what is damaged.</summary>
/// <remarks>
/// No bytes make it fail, and none but what was written is taken for a record. It reads bytes that may have been cut or changed anywhere: what is
/// no record is passed over up to the next one.
/// </remarks>
internal ref struct SegmentReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly ulong _salt;
    private int _position;

    /// <param name="bytes">The whole file.</param>
    /// <param name="number">As its name says.</param>
    internal SegmentReader(ReadOnlySpan<byte> bytes, ulong number)
    {
        _bytes = bytes;
        IsSegment = SegmentFormat.TryReadHeader(bytes, number, out _salt, out ulong next);
        NextSequence = next;
        _position = IsSegment ? SegmentFormat.HeaderLength : bytes.Length;
        End = _position;
    }

    /// <summary>Whether the header is right. Without one there are no records.</summary>
    internal bool IsSegment { get; }

    /// <summary>Every lower number had been used when the segment began.</summary>
    internal ulong NextSequence { get; }

    /// <summary>Bytes between records, or before the first one, that are none.</summary>
    internal int Damaged { get; private set; }

    /// <summary>Where the last record ends. What is behind it is torn: its writing never ended.</summary>
    internal int End { get; private set; }

    /// <summary>The next record.</summary>
    /// <param name="kind">What it says; perhaps a kind that is not known.</param>
    /// <param name="payload">The rest of it.</param>
    internal bool TryRead(out RecordKind kind, out ReadOnlySpan<byte> payload)
    {
        while (_position <= _bytes.Length - SegmentFormat.RecordHeaderLength)
        {
            int start = _position;
            if (!TryReadHeader(out int length, out uint checksum, out kind))
            {
                _position += 8;
                continue;
            }

            long end = start + SegmentFormat.RecordLength(length);
            if (end > _bytes.Length)
            {
                break;
            }

            _position = (int)end;
            payload = _bytes.Slice(start + SegmentFormat.RecordHeaderLength, length);
            if (Checksum.Of(_salt, payload) == checksum)
            {
                Damaged += start - End;
                End = _position;
                return true;
            }
        }

        _position = _bytes.Length;
        kind = default;
        payload = default;
        return false;
    }

    private readonly bool TryReadHeader(out int length, out uint checksum, out RecordKind kind)
    {
        ReadOnlySpan<byte> header = _bytes.Slice(_position, SegmentFormat.RecordHeaderLength);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        length = (int)Math.Min(size, int.MaxValue);
        kind = (RecordKind)BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        checksum = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(header) == SegmentFormat.Marker
            && size <= int.MaxValue
            && BinaryPrimitives.ReadUInt32LittleEndian(header[16..]) == Checksum.Of(_salt + (ulong)_position, header[..16]);
    }
}
