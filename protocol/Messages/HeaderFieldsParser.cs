using System.Buffers.Binary;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Protocol.Messages;

/// <summary>Reads the header fields array in one pass.</summary>
internal static class HeaderFieldsParser
{
    /// <summary>Bytes before the text of a string field: code, signature, length.</summary>
    internal const int TextOffset = 8;

    private const uint CallFields = (1u << (int)HeaderField.Path) | (1u << (int)HeaderField.Member);
    private const uint SignalFields = CallFields | (1u << (int)HeaderField.Interface);
    private const uint ReturnFields = 1u << (int)HeaderField.ReplySerial;
    private const uint ErrorFields = ReturnFields | (1u << (int)HeaderField.ErrorName);

    /// <summary>Wire type of each known field, by code.</summary>
    internal static ReadOnlySpan<byte> TypeOf => "\0osssussgu"u8;

    // Which fields each type has to have, by type.
    private static ReadOnlySpan<uint> RequiredFields => [0, CallFields, ReturnFields, ErrorFields, SignalFields];

    /// <param name="head">The message up to its body.</param>
    /// <param name="header">Has the fixed header's values; gets the fields'.</param>
    internal static MessageViolation Parse(ReadOnlySpan<byte> head, ref MessageHeader header)
    {
        int end = MessageFramer.FixedHeaderLength + header.FieldsLength;
        ReadOnlySpan<byte> fields = head[..end];
        int position = MessageFramer.FixedHeaderLength;
        uint seen = 0;
        while (position < end)
        {
            MessageViolation violation = ParseField(fields, ref position, ref header, ref seen);
            if (violation != MessageViolation.None)
            {
                return violation;
            }

            int padded = WireFormat.Align(position, 8);
            if (padded >= end && position != end)
            {
                return MessageViolation.FieldOutOfBounds;
            }

            if (!WireFormat.IsPaddedWithZero(head, position, padded))
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

        // Length 1, the type, NUL.
        byte type = TypeOf[code];
        if (BinaryPrimitives.ReadUInt32LittleEndian(field) != (code | 0x100u | ((uint)type << 16)))
        {
            return MessageViolation.FieldTypeWrong;
        }

        if ((seen & (1u << code)) != 0)
        {
            return MessageViolation.FieldDuplicate;
        }

        seen |= 1u << code;
        return type switch
        {
            WireType.UInt32 => ParseNumber(field, ref position, ref header),
            WireType.Signature => ParseSignature(field, ref position, ref header),
            _ => ParseText(field, ref position, ref header),
        };
    }

    private static MessageViolation SkipForeign(ReadOnlySpan<byte> field, bool isBigEndian, ref int position)
    {
        // The array and its structs are two containers around the variant.
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

        header.SetText((byte)HeaderField.Signature, new FieldRange(position + 5, length));
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

        byte code = field[0];
        uint length = WireFormat.ReadUInt32(field[4..], header.IsBigEndian);
        ReadOnlySpan<byte> rest = field[TextOffset..];
        if (length >= (uint)rest.Length)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        header.SetText(code, new FieldRange(position + TextOffset, (int)length));
        position += TextOffset + (int)length + 1;
        return rest[(int)length] != 0 ? MessageViolation.FieldNotTerminated : CheckText((HeaderField)code, rest[..(int)length]);
    }

    private static MessageViolation CheckText(HeaderField field, ReadOnlySpan<byte> text) => field switch
    {
        HeaderField.Path => !ObjectPath.IsValid(text) ? MessageViolation.BadPath
            : text.SequenceEqual("/org/freedesktop/DBus/Local"u8) ? MessageViolation.LocalPath
            : MessageViolation.None,
        HeaderField.Interface => !MemberNames.IsValidInterface(text) ? MessageViolation.BadInterface
            : text.SequenceEqual("org.freedesktop.DBus.Local"u8) ? MessageViolation.LocalInterface
            : MessageViolation.None,
        HeaderField.Member => MemberNames.IsValidMember(text) ? MessageViolation.None : MessageViolation.BadMember,
        HeaderField.ErrorName => MemberNames.IsValidErrorName(text) ? MessageViolation.None : MessageViolation.BadErrorName,
        HeaderField.Destination => BusName.IsValid(text) ? MessageViolation.None : MessageViolation.BadDestination,
        _ => BusName.IsValid(text) ? MessageViolation.None : MessageViolation.BadSender,
    };

    private static MessageViolation CheckWhole(in MessageHeader header, uint seen)
    {
        uint missing = RequiredFields[(int)header.Type] & ~seen;
        return missing != 0 ? Missing(missing)
            : (header.BodyLength != 0) == (header.Signature.Length != 0) ? MessageViolation.None
            : header.BodyLength != 0 ? MessageViolation.SignatureMissing
            : MessageViolation.BodyMissing;
    }

    // The first of several, in the order of their codes.
    private static MessageViolation Missing(uint fields) => (HeaderField)System.Numerics.BitOperations.TrailingZeroCount(fields) switch
    {
        HeaderField.Path => MessageViolation.PathMissing,
        HeaderField.Interface => MessageViolation.InterfaceMissing,
        HeaderField.Member => MessageViolation.MemberMissing,
        HeaderField.ErrorName => MessageViolation.ErrorNameMissing,
        _ => MessageViolation.ReplySerialMissing,
    };
}
