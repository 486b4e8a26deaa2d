using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Messages;

/// <summary>Writes a message's header anew with the true SENDER and without foreign fields. The body stays as it is.</summary>
/// <remarks>SENDER becomes the last field; the others keep their order and bytes. Spec, message-protocol-header-fields: SENDER.</remarks>
public static class SenderStamp
{
    // Code, signature "\x01s\0" and length before the name, NUL behind it.
    private const int FieldOverhead = 9;

    /// <summary>Bytes that <see cref="Write"/> needs at most.</summary>
    public static int MaxLength(in MessageHeader header, int senderLength) =>
        header.BodyOffset + WireFormat.Align(FieldOverhead + senderLength, 8);

    /// <summary>Whether the message is still a legal one with the SENDER added.</summary>
    public static bool Fits(in MessageHeader header, int senderLength) =>
        header.FieldsLength + 7L + FieldOverhead + senderLength <= ProtocolLimits.MaxArrayBytes
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
            message[..end].CopyTo(destination);
        }

        if (!sender.IsEmpty)
        {
            end = Append(destination, end, header.IsBigEndian, sender);
        }

        WireFormat.WriteUInt32(destination[12..], (uint)(end - MessageFramer.FixedHeaderLength), header.IsBigEndian);
        return Pad(destination, end);
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
                int start = Pad(destination, end);
                field[..length].CopyTo(destination[start..]);
                end = start + length;
            }

            position = WireFormat.Align(position + length, 8);
        }

        return end;
    }

    private static int LengthOf(ReadOnlySpan<byte> field, bool isBigEndian)
    {
        WireReader reader = new(field, isBigEndian);
        reader.ReadByte();
        reader.SkipValue("v"u8);
        return reader.Failed ? field.Length : reader.Position;
    }

    private static int Append(Span<byte> destination, int end, bool isBigEndian, ReadOnlySpan<byte> sender)
    {
        int start = Pad(destination, end);
        Span<byte> field = destination.Slice(start, FieldOverhead + sender.Length);
        field[0] = (byte)HeaderField.Sender;
        field[1] = 1;
        field[2] = WireType.String;
        field[3] = 0;
        WireFormat.WriteUInt32(field[4..], (uint)sender.Length, isBigEndian);
        sender.CopyTo(field[8..]);
        field[^1] = 0;
        return start + field.Length;
    }

    private static int Pad(Span<byte> destination, int end)
    {
        int padded = WireFormat.Align(end, 8);
        destination[end..padded].Clear();
        return padded;
    }
}
