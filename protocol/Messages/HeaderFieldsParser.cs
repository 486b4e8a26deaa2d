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
        int position = MessageFramer.FixedHeaderLength;
        uint seen = 0;
        while (position < end)
        {
            ReadOnlySpan<byte> field = head[position..end];
            MessageViolation violation = ParseField(field, position, ref header, ref seen, out int length);
            if (violation != MessageViolation.None)
            {
                return violation;
            }

            int fieldEnd = position + length;
            position = WireFormat.Align(fieldEnd, 8);
            if (position >= end && fieldEnd != end)
            {
                return MessageViolation.FieldOutOfBounds;
            }

            if (!WireFormat.IsPaddedWithZero(head, fieldEnd, position))
            {
                return MessageViolation.HeaderPaddingNotZero;
            }
        }

        return CheckWhole(in header, seen);
    }

    private static MessageViolation ParseField(
        ReadOnlySpan<byte> field, int position, ref MessageHeader header, ref uint seen, out int length)
    {
        length = 0;
        byte code = field[0];
        if (code is 0 or > (byte)HeaderField.UnixFds)
        {
            header.HasForeignFields = true;
            return code == 0 ? MessageViolation.FieldCodeZero : MeasureForeign(field, header.IsBigEndian, out length);
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
            WireType.UInt32 => ParseNumber(field, ref header, out length),
            WireType.Signature => ParseSignature(field, position, ref header, out length),
            _ => ParseText(field, position, ref header, out length),
        };
    }

    private static MessageViolation MeasureForeign(ReadOnlySpan<byte> field, bool isBigEndian, out int length)
    {
        // The array and its structs are two containers around the variant.
        length = 1;
        return BodyValidator.ValidateVariant(field, isBigEndian, depth: 2, ref length);
    }

    private static MessageViolation ParseNumber(ReadOnlySpan<byte> field, ref MessageHeader header, out int length)
    {
        length = 8;
        if (field.Length < length)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        uint value = WireFormat.ReadUInt32(field[4..], header.IsBigEndian);
        if (field[0] == (byte)HeaderField.UnixFds)
        {
            header.UnixFds = value;
            return MessageViolation.None;
        }

        header.ReplySerial = value;
        return value == 0 ? MessageViolation.ReplySerialZero : MessageViolation.None;
    }

    private static MessageViolation ParseSignature(ReadOnlySpan<byte> field, int position, ref MessageHeader header, out int length)
    {
        int textLength = field[4];
        length = textLength + 6;
        if (field.Length < length)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        header.SetText((byte)HeaderField.Signature, new FieldRange(position + 5, textLength));
        return field[textLength + 5] != 0 ? MessageViolation.FieldNotTerminated
            : !Signature.IsValid(field.Slice(5, textLength)) ? MessageViolation.BadBodySignature
            : MessageViolation.None;
    }

    private static MessageViolation ParseText(ReadOnlySpan<byte> field, int position, ref MessageHeader header, out int length)
    {
        length = 0;
        if (field.Length <= TextOffset)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        uint textLength = WireFormat.ReadUInt32(field[4..], header.IsBigEndian);
        ReadOnlySpan<byte> rest = field[TextOffset..];
        if (textLength >= (uint)rest.Length)
        {
            return MessageViolation.FieldOutOfBounds;
        }

        byte code = field[0];
        header.SetText(code, new FieldRange(position + TextOffset, (int)textLength));
        length = TextOffset + (int)textLength + 1;
        return rest[(int)textLength] != 0 ? MessageViolation.FieldNotTerminated : CheckText((HeaderField)code, rest[..(int)textLength]);
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
