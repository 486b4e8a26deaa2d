using System.Runtime.CompilerServices;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Messages;

/// <summary>Everything a bus wants to know of a message before its body: numbers and places, no reference to the bytes.</summary>
/// <remarks>The ranges stay true for any copy of the same bytes. Spec: message-protocol-messages, message-protocol-header-fields.</remarks>
public struct MessageHeader
{
    private FieldTexts _texts;

    /// <summary>Byte order of the whole message.</summary>
    public bool IsBigEndian { get; internal set; }

    /// <summary>The type as sent, 1 to 255.</summary>
    public byte RawType { get; internal set; }

    /// <summary>The type, or <see cref="MessageType.Invalid"/> for one above SIGNAL, which a bus ignores.</summary>
    public readonly MessageType Type => RawType <= (byte)MessageType.Signal ? (MessageType)RawType : MessageType.Invalid;

    /// <summary>The flags byte as sent, unknown bits included.</summary>
    public MessageFlags Flags { get; internal set; }

    /// <summary>The sender's serial, never 0.</summary>
    public uint Serial { get; internal set; }

    /// <summary>Bytes of the header fields array, without the padding behind it.</summary>
    public int FieldsLength { get; internal set; }

    /// <summary>Bytes before the body, a multiple of 8.</summary>
    public int BodyOffset { get; internal set; }

    /// <summary>Bytes of the body.</summary>
    public int BodyLength { get; internal set; }

    /// <summary>Bytes of the whole message.</summary>
    public readonly int TotalLength => BodyOffset + BodyLength;

    /// <summary>PATH.</summary>
    public readonly FieldRange Path => _texts[(int)HeaderField.Path];

    /// <summary>INTERFACE.</summary>
    public readonly FieldRange Interface => _texts[(int)HeaderField.Interface];

    /// <summary>MEMBER.</summary>
    public readonly FieldRange Member => _texts[(int)HeaderField.Member];

    /// <summary>ERROR_NAME.</summary>
    public readonly FieldRange ErrorName => _texts[(int)HeaderField.ErrorName];

    /// <summary>DESTINATION.</summary>
    public readonly FieldRange Destination => _texts[(int)HeaderField.Destination];

    /// <summary>SENDER as claimed; a bus replaces it.</summary>
    public readonly FieldRange Sender => _texts[(int)HeaderField.Sender];

    /// <summary>SIGNATURE of the body; empty and absent mean the same.</summary>
    public readonly FieldRange Signature => _texts[(int)HeaderField.Signature];

    /// <summary>REPLY_SERIAL, or 0 if absent.</summary>
    public uint ReplySerial { get; internal set; }

    /// <summary>UNIX_FDS, or 0 if absent.</summary>
    public uint UnixFds { get; internal set; }

    /// <summary>Whether there is a field that <see cref="HeaderField"/> does not list, which a bus strips.</summary>
    public bool HasForeignFields { get; internal set; }

    /// <summary>Whether it is a call whose sender waits for an answer.</summary>
    public readonly bool ExpectsReply => RawType == (byte)MessageType.MethodCall && (Flags & MessageFlags.NoReplyExpected) == 0;

    /// <summary>Whether it answers a call.</summary>
    public readonly bool IsReply => RawType is (byte)MessageType.MethodReturn or (byte)MessageType.Error;

    /// <summary>Checks and reads all of a message but its body.</summary>
    /// <param name="message">Exactly one message, as long as <see cref="MessageFramer"/> said.</param>
    /// <param name="header">What was read; of no use if there is a violation.</param>
    public static MessageViolation TryParse(ReadOnlySpan<byte> message, out MessageHeader header)
    {
        header = default;
        FrameStatus status = MessageFramer.TryFrame(
            message, ProtocolLimits.MaxMessageBytes, out int total, out MessageViolation violation);
        if (status != FrameStatus.Complete)
        {
            return status == FrameStatus.Invalid ? violation : MessageViolation.LengthMismatch;
        }

        if (total != message.Length)
        {
            return MessageViolation.LengthMismatch;
        }

        header.IsBigEndian = message[0] == (byte)'B';
        header.RawType = message[1];
        header.Flags = (MessageFlags)message[2];
        header.BodyLength = (int)WireFormat.ReadUInt32(message[4..], header.IsBigEndian);
        header.Serial = WireFormat.ReadUInt32(message[8..], header.IsBigEndian);
        header.FieldsLength = (int)WireFormat.ReadUInt32(message[12..], header.IsBigEndian);
        header.BodyOffset = total - header.BodyLength;

        return HeaderFieldsParser.Parse(message[..header.BodyOffset], ref header);
    }

    internal void SetText(byte code, FieldRange range) => _texts[code] = range;

    // By field code; some stay empty.
    [InlineArray((int)HeaderField.UnixFds)]
    private struct FieldTexts
    {
        private FieldRange _first;
    }
}
