using System.Buffers.Binary;
using System.Diagnostics;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Messages;

/// <summary>Makes messages, one after the other, in one buffer that grows and is kept. Always little-endian.</summary>
/// <remarks>Ownership: what <see cref="Finish"/> returns is good until the next <see cref="Begin"/>. Not for two threads.</remarks>
public sealed class MessageBuilder
{
    /// <summary>Where REPLY_SERIAL is if it is the first field: behind its code and its signature.</summary>
    private const int ReplySerialOfReply = MessageFramer.FixedHeaderLength + 4;

    private MessageHeader _header;

    /// <summary>Takes the values of the body, between <see cref="Begin"/> and <see cref="Finish"/>.</summary>
    public WireWriter Body { get; } = new();

    /// <summary>What <see cref="MessageHeader.TryParse"/> would read of the message; complete after <see cref="Finish"/>.</summary>
    public ref readonly MessageHeader Header => ref _header;

    /// <summary>Forgets the last message and writes the header of the next.</summary>
    /// <param name="fields">What is in it.</param>
    /// <param name="destination">DESTINATION as bytes; empty: as the fields say.</param>
    public void Begin(in MessageFields fields, ReadOnlySpan<byte> destination = default)
    {
        WireWriter writer = Body;
        _header = new MessageHeader { RawType = (byte)fields.Type, Flags = fields.Flags, ReplySerial = fields.ReplySerial, UnixFds = fields.UnixFds };
        writer.Clear();
        Span<byte> fixedHeader = writer.Take(alignment: 8, MessageFramer.FixedHeaderLength);
        fixedHeader[0] = (byte)'l';
        fixedHeader[1] = (byte)fields.Type;
        fixedHeader[2] = (byte)fields.Flags;
        fixedHeader[3] = ProtocolLimits.Version;
        WriteText(HeaderField.Path, fields.Path);
        WriteText(HeaderField.Interface, fields.Interface);
        WriteText(HeaderField.Member, fields.Member);
        WriteText(HeaderField.ErrorName, fields.ErrorName);
        WriteNumber(HeaderField.ReplySerial, fields.ReplySerial);
        if (destination.IsEmpty)
        {
            WriteText(HeaderField.Destination, fields.Destination);
        }
        else
        {
            BeginField(HeaderField.Destination, WireType.String);
            Body.WriteString(destination);
            Note(HeaderField.Destination, destination.Length);
        }

        WriteText(HeaderField.Sender, fields.Sender);
        WriteText(HeaderField.Signature, fields.Signature);
        WriteNumber(HeaderField.UnixFds, fields.UnixFds);
        _header.FieldsLength = writer.Length - MessageFramer.FixedHeaderLength;
        writer.Align(8);
        _header.BodyOffset = writer.Length;
    }

    /// <summary>Begins a reply with the header of the last message, which was a reply without descriptors, but for what it answers.</summary>
    /// <param name="replySerial">Not 0.</param>
    public void BeginReplyAgain(uint replySerial)
    {
        Debug.Assert(_header.ReplySerial != 0 && _header.Path.Length + _header.Interface.Length + _header.Member.Length + _header.ErrorName.Length == 0, "no reply");
        Body.Truncate(_header.BodyOffset);
        _header.ReplySerial = replySerial;
        WireFormat.WriteUInt32(Body.WrittenForPatching[ReplySerialOfReply..], replySerial, isBigEndian: false);
    }

    /// <summary>Completes the message.</summary>
    /// <param name="serial">Not 0.</param>
    /// <returns>The whole message.</returns>
    public ReadOnlySpan<byte> Finish(uint serial)
    {
        Span<byte> message = Body.WrittenForPatching;
        _header.Serial = serial;
        _header.BodyLength = message.Length - _header.BodyOffset;
        WireFormat.WriteUInt32(message[4..], (uint)_header.BodyLength, isBigEndian: false);
        WireFormat.WriteUInt32(message[12..], (uint)_header.FieldsLength, isBigEndian: false);
        PatchSerial(message, serial);
        AssertLegal(message);
        return message;
    }

    /// <summary>Gives a finished message of this class another serial, for the next of its receivers.</summary>
    /// <param name="message">The whole message or its first 12 bytes.</param>
    /// <param name="serial">Not 0.</param>
    public static void PatchSerial(Span<byte> message, uint serial) =>
        WireFormat.WriteUInt32(message[8..], serial, isBigEndian: message[0] == (byte)'B');

    [Conditional("DEBUG")]
    private static void AssertLegal(ReadOnlySpan<byte> message)
    {
        MessageViolation violation = MessageHeader.TryParse(message, out MessageHeader header);
        Debug.Assert(violation == MessageViolation.None, violation.Describe());
        violation = BodyValidator.Validate(message[header.BodyOffset..], header.Signature.In(message), header.IsBigEndian);
        Debug.Assert(violation == MessageViolation.None, violation.Describe());
    }

    private void WriteText(HeaderField field, string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        byte type = HeaderFieldsParser.TypeOf[(int)field];
        BeginField(field, type);
        if (type == WireType.Signature)
        {
            Body.WriteSignature(text);
        }
        else
        {
            Body.WriteString(text);
        }

        Note(field, text.Length);
    }

    // Header fields are ASCII; behind each text is a NUL.
    private void Note(HeaderField field, int length) => _header.SetText((byte)field, new FieldRange(Body.Length - 1 - length, length));

    private void WriteNumber(HeaderField field, uint value)
    {
        if (value != 0)
        {
            BeginField(field, WireType.UInt32);
            Body.WriteUInt32(value);
        }
    }

    // The signature of the variant has one code: length 1, the type, NUL.
    private void BeginField(HeaderField field, byte type) =>
        BinaryPrimitives.WriteUInt32LittleEndian(Body.Take(alignment: 8, 4), (byte)field | 0x100u | ((uint)type << 16));
}
