using System.Buffers.Binary;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Messages;

/// <summary>Writes a message's header anew with the true SENDER and without foreign fields. The body stays as it is.</summary>
/// <remarks>SENDER becomes the last field; the others keep their order and bytes. Spec, message-protocol-header-fields: SENDER.</remarks>
public static class SenderStamp
{
    // Code, signature and length before the name, NUL behind it.
    private const int FieldOverhead = HeaderFieldsParser.TextOffset + 1;

    /// <summary>Bytes that <see cref="Write"/> needs at most.</summary>
    public static int MaxLength(in MessageHeader header, int senderLength) =>
        header.BodyOffset + WireFormat.Align(FieldOverhead + senderLength, 8);

    /// <summary>Whether the message is still a legal one with the SENDER added.</summary>
    public static bool Fits(in MessageHeader header, int senderLength) =>
        MaxLength(in header, senderLength) - MessageFramer.FixedHeaderLength <= ProtocolLimits.MaxArrayBytes
        && (long)MaxLength(in header, senderLength) + header.BodyLength <= ProtocolLimits.MaxMessageBytes;

    /// <summary>Writes fixed header, fields and padding; the caller appends the body.</summary>
    /// <param name="message">The message, or as much of it as comes before its body.</param>
    /// <param name="header">Of the same message, as <see cref="MessageHeader.TryParse"/> read it.</param>
    /// <param name="sender">A unique name, or nothing to leave SENDER out.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes, not overlapping the message.</param>
    /// <returns>Bytes written, a multiple of 8: where the body goes.</returns>
    public static int Write(ReadOnlySpan<byte> message, in MessageHeader header, ReadOnlySpan<byte> sender, Span<byte> destination)
    {
        int end = MessageFramer.FixedHeaderLength + header.FieldsLength;
        if (header.Sender.IsPresent || header.HasForeignFields)
        {
            end = CopyKept(message[..end], header.IsBigEndian, destination);
        }
        else
        {
            // With the padding, which the parser has seen to be zero.
            message[..header.BodyOffset].CopyTo(destination);
        }

        if (!sender.IsEmpty)
        {
            end = Append(destination, WireFormat.Align(end, 8), header.IsBigEndian, sender);
        }

        WireFormat.WriteUInt32(destination[12..], (uint)(end - MessageFramer.FixedHeaderLength), header.IsBigEndian);
        return WireFormat.Align(end, 8);
    }

    private static int CopyKept(ReadOnlySpan<byte> fields, bool isBigEndian, Span<byte> destination)
    {
        fields[..MessageFramer.FixedHeaderLength].CopyTo(destination);
        int end = MessageFramer.FixedHeaderLength;
        int position = MessageFramer.FixedHeaderLength;
        while (position < fields.Length)
        {
            ReadOnlySpan<byte> field = fields[position..];
            int length = LengthOf(field, isBigEndian);
            if (field[0] is not (byte)HeaderField.Sender and <= (byte)HeaderField.UnixFds)
            {
                int start = WireFormat.Align(end, 8);
                end = start + length;
                ClearPadding(destination, end);
                field[..length].CopyTo(destination[start..]);
            }

            position = WireFormat.Align(position + length, 8);
        }

        return end;
    }

    private static int LengthOf(ReadOnlySpan<byte> field, bool isBigEndian)
    {
        byte code = field[0];
        switch (code <= (byte)HeaderField.UnixFds ? HeaderFieldsParser.TypeOf[code] : WireType.Variant)
        {
            case WireType.UInt32:
                return 8;
            case WireType.Signature:
                return field[4] + 6;
            case WireType.Variant:
                WireReader reader = new(field, isBigEndian, position: 1);
                reader.SkipValue("v"u8);
                return reader.Position;
            default:
                return FieldOverhead + (int)WireFormat.ReadUInt32(field[4..], isBigEndian);
        }
    }

    private static int Append(Span<byte> destination, int start, bool isBigEndian, ReadOnlySpan<byte> sender)
    {
        int end = start + FieldOverhead + sender.Length;
        ClearPadding(destination, end);
        Span<byte> field = destination[start..end];
        BinaryPrimitives.WriteUInt32LittleEndian(field, (byte)HeaderField.Sender | 0x100u | ((uint)WireType.String << 16));
        WireFormat.WriteUInt32(field[4..], (uint)sender.Length, isBigEndian);
        sender.CopyTo(field[HeaderFieldsParser.TextOffset..]);
        field[^1] = 0;
        return end;
    }

    // The last eight bytes up to the next field, before those of them that belong to this one are written.
    private static void ClearPadding(Span<byte> destination, int end) =>
        BinaryPrimitives.WriteUInt64LittleEndian(destination[(WireFormat.Align(end, 8) - 8)..], 0);
}
