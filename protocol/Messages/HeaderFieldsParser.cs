using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Protocol.Messages;

/// <summary>Reads the header fields array in one pass.</summary>
internal static class HeaderFieldsParser
{
    // Bytes before the text of a string field: code, signature "\x01s\0", length.
    private const int TextOffset = 8;

    /// <summary>Wire type of each known field, by code.</summary>
    internal static ReadOnlySpan<byte> TypeOf => "\0osssussgu"u8;

    /// <param name="head">The message up to its body.</param>
    /// <param name="header">Has the fixed header's values; gets the fields'.</param>
    internal static MessageViolation Parse(ReadOnlySpan<byte> head, ref MessageHeader header)
    {
        int end = MessageFramer.FixedHeaderLength + header.FieldsLength;
        int position = MessageFramer.FixedHeaderLength;
        uint seen = 0;
        while (position < end)
        {
            MessageViolation violation = ParseField(head[..end], ref position, ref header, ref seen);
            if (violation != MessageViolation.None)
            {
                return violation;
            }

            int padded = WireFormat.Align(position, 8);
            if (padded > head.Length || (padded >= end && position < end))
            {
                return MessageViolation.FieldOutOfBounds;
            }

            if (!WireFormat.IsZero(head[position..padded]))
            {
                return MessageViolation.HeaderPaddingNotZero;
            }

            position = padded;
        }

        return CheckWhole(in header, seen);
    }

    private static MessageViolation ParseField(ReadOnlySpan<byte> fields, ref int position, ref MessageHeader header, ref uint seen)
    {
        ReadOnlySpan<byte> field = fields[position..];
        byte code = field[0];
        if (code is 0 or > (byte)HeaderField.UnixFds)
        {
            header.HasForeignFields = true;
            return code == 0 ? MessageViolation.FieldCodeZero : SkipForeign(field, header.IsBigEndian, ref position);
        }

        // The shortest known field is an empty signature.
        if (field.Length < 6)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        if (field[1] != 1 || field[2] != TypeOf[code] || field[3] != 0)
        {
            return MessageViolation.FieldTypeWrong;
        }

        if ((seen & (1u << code)) != 0)
        {
            return MessageViolation.FieldDuplicate;
        }

        seen |= 1u << code;
        return (HeaderField)code switch
        {
            HeaderField.ReplySerial or HeaderField.UnixFds => ParseNumber(field, ref position, ref header),
            HeaderField.Signature => ParseSignature(field, ref position, ref header),
            _ => ParseText(field, ref position, ref header),
        };
    }

    private static MessageViolation SkipForeign(ReadOnlySpan<byte> field, bool isBigEndian, ref int position)
    {
        int behind = 1;
        MessageViolation violation = BodyValidator.ValidateVariant(field, isBigEndian, depth: 2, ref behind);
        position += behind;
        return violation;
    }

    private static MessageViolation ParseNumber(ReadOnlySpan<byte> field, ref int position, ref MessageHeader header)
    {
        if (field.Length < 8)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        uint value = WireFormat.ReadUInt32(field[4..], header.IsBigEndian);
        position += 8;
        if (field[0] == (byte)HeaderField.UnixFds)
        {
            header.UnixFds = value;
            return MessageViolation.None;
        }

        header.ReplySerial = value;
        return value == 0 ? MessageViolation.ReplySerialZero : MessageViolation.None;
    }

    private static MessageViolation ParseSignature(ReadOnlySpan<byte> field, ref int position, ref MessageHeader header)
    {
        int length = field[4];
        if (length > field.Length - 6)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        header.Signature = new FieldRange(position + 5, length);
        position += length + 6;
        return field[length + 5] != 0 ? MessageViolation.FieldNotTerminated
            : !Signature.IsValid(field.Slice(5, length)) ? MessageViolation.BadBodySignature
            : MessageViolation.None;
    }

    private static MessageViolation ParseText(ReadOnlySpan<byte> field, ref int position, ref MessageHeader header)
    {
        if (field.Length <= TextOffset)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        uint length = WireFormat.ReadUInt32(field[4..], header.IsBigEndian);
        if (length >= (uint)(field.Length - TextOffset))
        {
            return MessageViolation.FieldOutOfBounds;
        }

        ReadOnlySpan<byte> text = field.Slice(TextOffset, (int)length);
        FieldRange range = new(position + TextOffset, (int)length);
        position += TextOffset + (int)length + 1;
        return field[TextOffset + (int)length] != 0 ? MessageViolation.FieldNotTerminated : SetText(text, range, field[0], ref header);
    }

    private static MessageViolation SetText(ReadOnlySpan<byte> text, FieldRange range, byte code, ref MessageHeader header)
    {
        switch ((HeaderField)code)
        {
            case HeaderField.Path:
                header.Path = range;
                return !ObjectPath.IsValid(text) ? MessageViolation.BadPath
                    : text.SequenceEqual("/org/freedesktop/DBus/Local"u8) ? MessageViolation.LocalPath
                    : MessageViolation.None;
            case HeaderField.Interface:
                header.Interface = range;
                return !MemberNames.IsValidInterface(text) ? MessageViolation.BadInterface
                    : text.SequenceEqual("org.freedesktop.DBus.Local"u8) ? MessageViolation.LocalInterface
                    : MessageViolation.None;
            case HeaderField.Member:
                header.Member = range;
                return MemberNames.IsValidMember(text) ? MessageViolation.None : MessageViolation.BadMember;
            case HeaderField.ErrorName:
                header.ErrorName = range;
                return MemberNames.IsValidErrorName(text) ? MessageViolation.None : MessageViolation.BadErrorName;
            case HeaderField.Destination:
                header.Destination = range;
                return BusName.IsValid(text) ? MessageViolation.None : MessageViolation.BadDestination;
            default:
                header.Sender = range;
                return BusName.IsValid(text) ? MessageViolation.None : MessageViolation.BadSender;
        }
    }

    private static MessageViolation CheckWhole(in MessageHeader header, uint seen)
    {
        MessageViolation violation = header.Type switch
        {
            MessageType.MethodCall => Require(seen, HeaderField.Path, HeaderField.Member),
            MessageType.Signal => Require(seen, HeaderField.Path, HeaderField.Interface, HeaderField.Member),
            MessageType.MethodReturn => Require(seen, HeaderField.ReplySerial),
            MessageType.Error => Require(seen, HeaderField.ErrorName, HeaderField.ReplySerial),
            _ => MessageViolation.None,
        };
        return violation != MessageViolation.None ? violation
            : header.BodyLength != 0 && header.Signature.Length == 0 ? MessageViolation.SignatureMissing
            : header.BodyLength == 0 && header.Signature.Length != 0 ? MessageViolation.BodyMissing
            : MessageViolation.None;
    }

    private static MessageViolation Require(uint seen, params ReadOnlySpan<HeaderField> fields)
    {
        foreach (HeaderField field in fields)
        {
            if ((seen & (1u << (int)field)) == 0)
            {
                return field switch
                {
                    HeaderField.Path => MessageViolation.PathMissing,
                    HeaderField.Interface => MessageViolation.InterfaceMissing,
                    HeaderField.Member => MessageViolation.MemberMissing,
                    HeaderField.ErrorName => MessageViolation.ErrorNameMissing,
                    _ => MessageViolation.ReplySerialMissing,
                };
            }
        }

        return MessageViolation.None;
    }
}
