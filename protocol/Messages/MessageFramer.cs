using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Messages;

/// <summary>Finds where a message ends, from its fixed header alone (spec, message-protocol-messages).</summary>
public static class MessageFramer
{
    /// <summary>Bytes of the fixed header, the length of the fields array included.</summary>
    public const int FixedHeaderLength = 16;

    /// <summary>Looks at the first 16 bytes and at nothing else.</summary>
    /// <param name="bytes">What was received from the start of the message on.</param>
    /// <param name="maxMessageBytes">The bus's own limit; the protocol's holds in any case.</param>
    /// <param name="totalBytes">Header, fields, padding and body; may be more than there are bytes.</param>
    /// <param name="violation">Why it is invalid.</param>
    public static FrameStatus TryFrame(
        ReadOnlySpan<byte> bytes, long maxMessageBytes, out int totalBytes, out MessageViolation violation)
    {
        totalBytes = 0;
        violation = MessageViolation.None;
        if (bytes.Length < FixedHeaderLength)
        {
            return FrameStatus.NeedMoreData;
        }

        ReadOnlySpan<byte> header = bytes[..FixedHeaderLength];
        bool isBigEndian = header[0] == (byte)'B';
        uint bodyLength = WireFormat.ReadUInt32(header[4..], isBigEndian);
        uint serial = WireFormat.ReadUInt32(header[8..], isBigEndian);
        uint fieldsLength = WireFormat.ReadUInt32(header[12..], isBigEndian);
        long total = FixedHeaderLength + (((long)fieldsLength + 7) & ~7L) + bodyLength;

        violation =
            !isBigEndian && header[0] != (byte)'l' ? MessageViolation.BadEndianness
            : header[1] == 0 ? MessageViolation.TypeZero
            : header[3] != ProtocolLimits.Version ? MessageViolation.BadVersion
            : serial == 0 ? MessageViolation.SerialZero
            : fieldsLength > ProtocolLimits.MaxArrayBytes ? MessageViolation.FieldsTooLong
            : total > ProtocolLimits.MaxMessageBytes ? MessageViolation.MessageTooLong
            : total > maxMessageBytes ? MessageViolation.MessageOverLimit
            : MessageViolation.None;
        if (violation != MessageViolation.None)
        {
            return FrameStatus.Invalid;
        }

        totalBytes = (int)total;
        return FrameStatus.Complete;
    }
}
