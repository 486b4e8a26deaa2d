namespace XcpBroker.Protocol.Marshalling;

/// <summary>Reads values one after the other. The first failure sticks: from then on everything read is 0 or empty.</summary>
/// <remarks>
/// Bounds, lengths and terminators are checked here; padding, UTF-8 and grammar only by <see cref="BodyValidator"/>.
/// Check <see cref="Failed"/> once, at the end.
/// </remarks>
public ref partial struct WireReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isBigEndian;

    /// <summary>Starts at the first byte, which lies at a multiple of 8 of its message.</summary>
    public WireReader(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        _bytes = bytes;
        _isBigEndian = isBigEndian;
    }

    internal WireReader(ReadOnlySpan<byte> bytes, bool isBigEndian, int position)
        : this(bytes, isBigEndian) => Position = position;

    /// <summary>Whether something did not fit.</summary>
    public bool Failed { get; private set; }

    /// <summary>Bytes from the start to the next value, its padding not yet skipped.</summary>
    public int Position { get; private set; }

    /// <summary>Whether everything was read and nothing failed.</summary>
    public readonly bool AtEnd => !Failed && Position == _bytes.Length;

    /// <summary>BYTE.</summary>
    public byte ReadByte()
    {
        ReadOnlySpan<byte> taken = Take(1, 1);
        return Failed ? (byte)0 : taken[0];
    }

    /// <summary>BOOLEAN; anything but 0 and 1 fails.</summary>
    public bool ReadBoolean()
    {
        uint value = ReadUInt32();
        Failed |= value > 1;
        return value == 1 && !Failed;
    }

    /// <summary>INT16.</summary>
    public short ReadInt16() => (short)ReadUInt16();

    /// <summary>UINT16.</summary>
    public ushort ReadUInt16()
    {
        ReadOnlySpan<byte> taken = Take(2, 2);
        return Failed ? (ushort)0 : WireFormat.ReadUInt16(taken, _isBigEndian);
    }

    /// <summary>INT32.</summary>
    public int ReadInt32() => (int)ReadUInt32();

    /// <summary>UINT32, and the index that a UNIX_FD is.</summary>
    public uint ReadUInt32()
    {
        ReadOnlySpan<byte> taken = Take(4, 4);
        return Failed ? 0 : WireFormat.ReadUInt32(taken, _isBigEndian);
    }

    /// <summary>INT64.</summary>
    public long ReadInt64() => (long)ReadUInt64();

    /// <summary>UINT64.</summary>
    public ulong ReadUInt64()
    {
        ReadOnlySpan<byte> taken = Take(8, 8);
        return Failed ? 0 : WireFormat.ReadUInt64(taken, _isBigEndian);
    }

    /// <summary>DOUBLE.</summary>
    public double ReadDouble() => BitConverter.UInt64BitsToDouble(ReadUInt64());

    /// <summary>STRING, its UTF-8 without the NUL.</summary>
    public ReadOnlySpan<byte> ReadString() => TakeText(ReadUInt32());

    /// <summary>OBJECT_PATH.</summary>
    public ReadOnlySpan<byte> ReadObjectPath() => TakeText(ReadUInt32());

    /// <summary>SIGNATURE, also that of a variant.</summary>
    public ReadOnlySpan<byte> ReadSignature() => TakeText(ReadByte());

    /// <summary>Opens an ARRAY: read elements while <see cref="MoreUntil"/> its end.</summary>
    /// <param name="elementAlignment">Of the element type; 8 for structs and dict entries.</param>
    /// <returns>Position after the last element; 0 on failure.</returns>
    public int ReadArrayStart(int elementAlignment)
    {
        uint length = ReadUInt32();
        Take(elementAlignment, 0);
        if (Failed || length > ProtocolLimits.MaxArrayBytes || length > (uint)(_bytes.Length - Position))
        {
            Failed = true;
            return 0;
        }

        return Position + (int)length;
    }

    /// <summary>ARRAY of BYTE, whole.</summary>
    public ReadOnlySpan<byte> ReadByteArray()
    {
        int end = ReadArrayStart(1);
        return Failed ? default : Take(1, end - Position);
    }

    /// <summary>Whether an array has another element.</summary>
    public readonly bool MoreUntil(int end) => !Failed && Position < end;

    /// <summary>Opens a STRUCT or DICT_ENTRY.</summary>
    public void AlignStruct() => Take(8, 0);

    private ReadOnlySpan<byte> TakeText(uint length)
    {
        ReadOnlySpan<byte> rest = Failed ? default : _bytes[Position..];
        if (length >= (uint)rest.Length || rest[(int)length] != 0)
        {
            Failed = true;
            return default;
        }

        Position += (int)length + 1;
        return rest[..(int)length];
    }

    private ReadOnlySpan<byte> Take(int alignment, int count)
    {
        int start = WireFormat.Align(Position, alignment);
        if (Failed || start > _bytes.Length || count > _bytes.Length - start)
        {
            Failed = true;
            return default;
        }

        Position = start + count;
        return _bytes.Slice(start, count);
    }
}
