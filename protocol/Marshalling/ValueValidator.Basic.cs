using System.Runtime.CompilerServices;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Protocol.Marshalling;

internal ref partial struct ValueValidator
{
    private MessageViolation ValidateBasic(byte type)
    {
        switch (type)
        {
            case WireType.String:
            case WireType.ObjectPath:
                return ValidateText(type);
            case WireType.Signature:
                return ValidateSignature();
            case WireType.Boolean:
                return ValidateBoolean();
            default:
                return SkipFixed(WireType.FixedSize(type));
        }
    }

    private MessageViolation ValidateText(byte type)
    {
        MessageViolation violation = ReadUInt32(out uint length);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        ReadOnlySpan<byte> rest = _bytes[_position..];
        if (length >= (uint)rest.Length)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        if (rest[(int)length] != 0)
        {
            return MessageViolation.StringNotTerminated;
        }

        _position += (int)length + 1;
        ReadOnlySpan<byte> text = rest[..(int)length];
        return type == WireType.String
            ? StrictUtf8.IsValid(text) ? MessageViolation.None : MessageViolation.StringNotUtf8
            : ObjectPath.IsValid(text) ? MessageViolation.None : MessageViolation.ObjectPathMalformed;
    }

    private MessageViolation ValidateSignature()
    {
        MessageViolation violation = TakeSignature(out ReadOnlySpan<byte> signature);
        return violation == MessageViolation.None && !Signature.IsValid(signature) ? MessageViolation.SignatureMalformed : violation;
    }

    // The text and its NUL; whether it is a signature is the caller's question.
    private MessageViolation TakeSignature(out ReadOnlySpan<byte> signature)
    {
        signature = default;
        ReadOnlySpan<byte> rest = _bytes[_position..];
        if (rest.Length < 2 || rest[0] > rest.Length - 2)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        int length = rest[0];
        signature = rest.Slice(1, length);
        _position += length + 2;
        return rest[length + 1] == 0 ? MessageViolation.None : MessageViolation.SignatureMalformed;
    }

    private MessageViolation ValidateBoolean()
    {
        MessageViolation violation = ReadUInt32(out uint value);
        return violation == MessageViolation.None && value > 1 ? MessageViolation.BooleanNotZeroOrOne : violation;
    }

    private MessageViolation SkipFixed(int size)
    {
        MessageViolation violation = Align(size);
        if (violation == MessageViolation.None && _bytes.Length - _position < size)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        _position += size;
        return violation;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MessageViolation ReadUInt32(out uint value)
    {
        value = 0;
        MessageViolation violation = Align(4);
        ReadOnlySpan<byte> rest = _bytes[_position..];
        if (rest.Length < 4)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        value = WireFormat.ReadUInt32(rest, _isBigEndian);
        _position += 4;
        return violation;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private MessageViolation Align(int alignment)
    {
        int aligned = WireFormat.Align(_position, alignment);
        return aligned == _position ? MessageViolation.None : SkipPadding(aligned);
    }

    private MessageViolation SkipPadding(int aligned)
    {
        if (aligned > _bytes.Length)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        ReadOnlySpan<byte> padding = _bytes[_position..aligned];
        _position = aligned;
        return WireFormat.IsZero(padding) ? MessageViolation.None : MessageViolation.PaddingNotZero;
    }
}
