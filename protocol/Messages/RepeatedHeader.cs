using System.Buffers.Binary;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Messages;

/// <summary>A header that a peer sends again and again: recognised by its bytes, it is neither parsed nor stamped anew.</summary>
/// <remarks>
/// Peers repeat themselves: calls of one method, and their answers, differ in serial, reply serial and length of body only. Ownership:
/// <see cref="Header"/> and <see cref="Stamped"/> are good until the next call of <see cref="TryRecognise"/> or <see cref="TryRemember"/>.
/// </remarks>
public sealed class RepeatedHeader
{
    /// <summary>Bytes of the longest header that is remembered; those of real calls are 100 to 250.</summary>
    public const int MaxLength = 512;

    private const int BodyLengthAt = 4;
    private const int SerialAt = 8;
    private const int FieldsAt = 12;

    private readonly byte[] _bytes = new byte[MaxLength];
    private readonly byte[] _stamped = new byte[MaxLength * 2];
    private MessageHeader _header;
    private int _stampedLength;
    private int _replySerialAt;

    /// <summary>What <see cref="MessageHeader.TryParse"/> would read of the message that was recognised last.</summary>
    public ref readonly MessageHeader Header => ref _header;

    /// <summary>The recognised header as <see cref="SenderStamp"/> writes it.</summary>
    public ReadOnlySpan<byte> Stamped => _stamped.AsSpan(0, _stampedLength);

    /// <summary>Takes a header as the one to recognise.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="header">What was parsed of it.</param>
    /// <param name="stamped">What was stamped of it.</param>
    /// <returns>False when it is none to remember: too long, or with fields that stamping moves.</returns>
    public bool TryRemember(ReadOnlySpan<byte> message, in MessageHeader header, ReadOnlySpan<byte> stamped)
    {
        _stampedLength = 0;
        if (header.BodyOffset > MaxLength || stamped.Length > _stamped.Length || header.Sender.IsPresent || header.HasForeignFields)
        {
            return false;
        }

        message[..header.BodyOffset].CopyTo(_bytes);
        stamped.CopyTo(_stamped);
        _header = header;
        _stampedLength = stamped.Length;
        _replySerialAt = header.ReplySerial == 0 ? header.BodyOffset : FindReplySerial(message[..header.BodyOffset], header.IsBigEndian);
        return true;
    }

    /// <summary>Whether a message begins with the remembered header, but for what may differ.</summary>
    /// <param name="message">Exactly one message, as long as <see cref="MessageFramer"/> said.</param>
    /// <returns>False for everything that is not legal, too: then it has to be parsed to say why.</returns>
    public bool TryRecognise(ReadOnlySpan<byte> message)
    {
        int end = _header.BodyOffset;
        if (_stampedLength == 0
            || message.Length < end
            || BinaryPrimitives.ReadUInt32LittleEndian(message) != BinaryPrimitives.ReadUInt32LittleEndian(_bytes)
            || !message[FieldsAt.._replySerialAt].SequenceEqual(_bytes.AsSpan(FieldsAt.._replySerialAt)))
        {
            return false;
        }

        bool isBigEndian = _header.IsBigEndian;
        uint serial = WireFormat.ReadUInt32(message[SerialAt..], isBigEndian);
        int bodyLength = message.Length - end;
        if (serial == 0 || bodyLength == 0 != (_header.BodyLength == 0))
        {
            return false;
        }

        uint replySerial = 0;
        if (_replySerialAt < end)
        {
            int rest = _replySerialAt + sizeof(uint);
            replySerial = WireFormat.ReadUInt32(message[_replySerialAt..], isBigEndian);
            if (replySerial == 0 || !message[rest..end].SequenceEqual(_bytes.AsSpan(rest..end)))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(_stamped.AsSpan(_replySerialAt), BinaryPrimitives.ReadUInt32LittleEndian(message[_replySerialAt..]));
        }

        // The length of the body and the serial, in whatever byte order they are.
        BinaryPrimitives.WriteUInt64LittleEndian(_stamped.AsSpan(BodyLengthAt), BinaryPrimitives.ReadUInt64LittleEndian(message[BodyLengthAt..]));
        _header.Serial = serial;
        _header.ReplySerial = replySerial;
        _header.BodyLength = bodyLength;
        return true;
    }

    /// <summary>Where the value of REPLY_SERIAL is, in a valid header without foreign fields.</summary>
    private static int FindReplySerial(ReadOnlySpan<byte> bytes, bool isBigEndian)
    {
        int at = MessageFramer.FixedHeaderLength;
        while (bytes[at] != (byte)HeaderField.ReplySerial)
        {
            int value = at + 4;
            int length = bytes[at + 2] switch
            {
                WireType.UInt32 => 4,
                WireType.Signature => bytes[value] + 2,
                _ => (int)WireFormat.ReadUInt32(bytes[value..], isBigEndian) + 5,
            };
            at = WireFormat.Align(value + length, 8);
        }

        return at + 4;
    }
}
