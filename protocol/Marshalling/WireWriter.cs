using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Writes little-endian values into a buffer that grows; padding is zero.</summary>
/// <remarks>Values are the caller's own, so nothing is validated.</remarks>
public sealed class WireWriter
{
    /// <summary>Room that is always left, to write padding in one go.</summary>
    private const int MaxPadding = sizeof(ulong);

    private byte[] _buffer = new byte[512];

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes themselves, until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Forgets what was written behind so many bytes.</summary>
    internal void Truncate(int length)
    {
        Debug.Assert(length <= Length, "nothing is there");
        Length = length;
    }

    internal Span<byte> WrittenForPatching => _buffer.AsSpan(0, Length);

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Clear() => Length = 0;

    /// <summary>BYTE.</summary>
    public void WriteByte(byte value) => Take(1, 1)[0] = value;

    /// <summary>BOOLEAN.</summary>
    public void WriteBoolean(bool value) => WriteUInt32(value ? 1u : 0u);

    /// <summary>INT16.</summary>
    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16LittleEndian(Take(2, 2), value);

    /// <summary>UINT16.</summary>
    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2, 2), value);

    /// <summary>INT32.</summary>
    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4, 4), value);

    /// <summary>UINT32, and UNIX_FD, which is an index.</summary>
    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4, 4), value);

    /// <summary>INT64.</summary>
    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8, 8), value);

    /// <summary>UINT64.</summary>
    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(8, 8), value);

    /// <summary>DOUBLE.</summary>
    public void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8, 8), value);

    /// <summary>STRING.</summary>
    /// <exception cref="System.Text.EncoderFallbackException">A lone surrogate is in the text.</exception>
    public void WriteString(string value)
    {
        // Names and most other text are ASCII: one byte a character.
        Span<byte> ascii = TakeText(value.Length);
        if (Ascii.FromUtf16(value, ascii, out _) != OperationStatus.Done)
        {
            Length -= value.Length + 5;
            StrictUtf8.Instance.GetBytes(value, TakeText(StrictUtf8.Instance.GetByteCount(value)));
        }
    }

    /// <summary>STRING.</summary>
    /// <param name="utf8">Valid UTF-8 without NUL.</param>
    public void WriteString(ReadOnlySpan<byte> utf8) => utf8.CopyTo(TakeText(utf8.Length));

    /// <summary>OBJECT_PATH.</summary>
    public void WriteObjectPath(string value) => WriteString(value);

    /// <summary>OBJECT_PATH.</summary>
    public void WriteObjectPath(ReadOnlySpan<byte> value) => WriteString(value);

    /// <summary>SIGNATURE.</summary>
    public void WriteSignature(string value)
    {
        Debug.Assert(value.Length <= ProtocolLimits.MaxSignatureLength, "a signature has at most 255 bytes");
        Span<byte> bytes = Take(1, value.Length + 2);
        bytes[0] = (byte)value.Length;
        Ascii.FromUtf16(value, bytes[1..], out _);
        bytes[^1] = 0;
    }

    /// <summary>SIGNATURE.</summary>
    public void WriteSignature(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = Take(1, value.Length + 2);
        bytes[0] = (byte)value.Length;
        value.CopyTo(bytes[1..]);
        bytes[^1] = 0;
    }

    /// <summary>Opens a VARIANT; exactly one value of that type has to follow.</summary>
    public void WriteVariantSignature(string signature) => WriteSignature(signature);

    /// <summary>VARIANT of a STRING.</summary>
    public void WriteVariantString(string value)
    {
        WriteSignature("s"u8);
        WriteString(value);
    }

    /// <summary>VARIANT of a UINT32.</summary>
    public void WriteVariantUInt32(uint value)
    {
        WriteSignature("u"u8);
        WriteUInt32(value);
    }

    /// <summary>ARRAY of BYTE.</summary>
    public void WriteByteArray(ReadOnlySpan<byte> value)
    {
        WriteUInt32((uint)value.Length);
        value.CopyTo(Take(1, value.Length));
    }

    /// <summary>Opens an ARRAY.</summary>
    /// <param name="elementAlignment">Of the element type; 8 for structs and dict entries.</param>
    /// <returns>What <see cref="EndArray"/> wants.</returns>
    public int BeginArray(int elementAlignment)
    {
        WriteUInt32(0);
        int lengthAt = Length - 4;
        Align(elementAlignment);
        return (lengthAt << 4) | elementAlignment;
    }

    /// <summary>Closes the array: its length is what was written since, padding before the first element excluded.</summary>
    public void EndArray(int token)
    {
        int lengthAt = token >> 4;
        int start = WireFormat.Align(lengthAt + 4, token & 15);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(lengthAt), (uint)(Length - start));
    }

    /// <summary>Opens a STRUCT or DICT_ENTRY; nothing closes it.</summary>
    public void BeginStruct() => Align(8);

    /// <summary>Writes zeros up to a multiple of 1, 2, 4 or 8.</summary>
    public void Align(int alignment) => Take(alignment, 0);

    /// <summary>Bytes of any meaning, for what knows the wire format itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Span<byte> Take(int alignment, int count)
    {
        int start = WireFormat.Align(Length, alignment);
        int end = start + count;
        if (end > _buffer.Length - MaxPadding)
        {
            Grow(end + MaxPadding);
        }

        if (start > Length)
        {
            // More zeros than are needed: what is beyond them is written over.
            BinaryPrimitives.WriteUInt64LittleEndian(_buffer.AsSpan(Length), 0);
        }

        Length = end;
        return _buffer.AsSpan(start, count);
    }

    // Between length and NUL.
    private Span<byte> TakeText(int length)
    {
        Span<byte> bytes = Take(4, length + 5);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)length);
        bytes[length + 4] = 0;
        return bytes.Slice(4, length);
    }

    private void Grow(int needed) => Array.Resize(ref _buffer, (int)BitOperations.RoundUpToPowerOf2((uint)needed));
}
