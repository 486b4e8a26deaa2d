using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Walks values and signature together; one walk, no allocation.</summary>
/// <remarks>
/// Depth counts as in libdbus: the contents of a struct, dict entry, variant, or array of anything but fixed-size elements lie one
/// deeper, and 64 is the deepest. So recursion ends at 64, whatever the bytes are.
/// </remarks>
internal ref struct ValueValidator(ReadOnlySpan<byte> bytes, bool isBigEndian, int start = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly bool _isBigEndian = isBigEndian;

    internal int Position { get; private set; } = start;

    /// <summary>Checks one value after the other until the signature ends.</summary>
    internal MessageViolation ValidateAll(ReadOnlySpan<byte> signature)
    {
        if (signature.Length > ProtocolLimits.MaxSignatureLength)
        {
            return MessageViolation.SignatureMalformed;
        }

        int at = 0;
        while (at < signature.Length && WireType.IsBasic(signature[at]))
        {
            MessageViolation violation = ValidateBasic(signature[at++]);
            if (violation != MessageViolation.None)
            {
                return violation;
            }
        }

        return at == signature.Length ? MessageViolation.None : ValidateContainers(signature, at);
    }

    /// <summary>Checks a variant: its signature of one complete type and its value.</summary>
    internal MessageViolation ValidateVariant(int depth)
    {
        MessageViolation violation = TakeSignature(out ReadOnlySpan<byte> signature);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        if (depth >= ProtocolLimits.MaxTotalDepth)
        {
            return MessageViolation.NestingTooDeep;
        }

        if (signature.Length == 1)
        {
            byte type = signature[0];
            return WireType.IsBasic(type) ? ValidateBasic(type)
                : type == WireType.Variant ? ValidateVariant(depth + 1)
                : MessageViolation.VariantSignatureMalformed;
        }

        return ValidateVariantOfContainer(signature, depth);
    }

    private MessageViolation ValidateVariantOfContainer(ReadOnlySpan<byte> signature, int depth)
    {
        Span<byte> ends = stackalloc byte[ProtocolLimits.MaxSignatureLength];
        int at = 0;
        return signature.Length > 1 && Signature.IsSingleCompleteType(signature) && Signature.TryMeasure(signature, 0, ends)
            ? ValidateOne(new MeasuredSignature(signature, ends), ref at, depth + 1)
            : MessageViolation.VariantSignatureMalformed;
    }

    private MessageViolation ValidateContainers(ReadOnlySpan<byte> signature, int at)
    {
        Span<byte> ends = stackalloc byte[ProtocolLimits.MaxSignatureLength];
        if (!Signature.TryMeasure(signature, at, ends))
        {
            return MessageViolation.SignatureMalformed;
        }

        MeasuredSignature measured = new(signature, ends);
        MessageViolation violation = MessageViolation.None;
        while (at < signature.Length && violation == MessageViolation.None)
        {
            violation = ValidateOne(measured, ref at, depth: 0);
        }

        return violation;
    }

    private MessageViolation ValidateOne(scoped MeasuredSignature signature, ref int at, int depth)
    {
        if (depth > ProtocolLimits.MaxTotalDepth)
        {
            return MessageViolation.NestingTooDeep;
        }

        byte type = signature.Codes[at];
        switch (type)
        {
            case WireType.Array:
                return ValidateArray(signature, ref at, depth);
            case WireType.StructBegin:
            case WireType.DictBegin:
                return ValidateStruct(signature, ref at, depth);
            case WireType.Variant:
                at++;
                return ValidateVariant(depth);
            default:
                at++;
                return ValidateBasic(type);
        }
    }

    private MessageViolation ValidateStruct(scoped MeasuredSignature signature, ref int at, int depth)
    {
        MessageViolation violation = TryAlign(8);
        at++;
        while (violation == MessageViolation.None && signature.Codes[at] is not (WireType.StructEnd or WireType.DictEnd))
        {
            violation = ValidateOne(signature, ref at, depth + 1);
        }

        at++;
        return violation;
    }

    private MessageViolation ValidateArray(scoped MeasuredSignature signature, ref int at, int depth)
    {
        byte elementType = signature.Codes[at + 1];
        int element = at + 1;
        at = signature.Ends[at];
        MessageViolation violation = TryBeginArray(elementType, out int end);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        if (WireType.FixedSize(elementType) != 0)
        {
            return ValidateFixedElements(elementType, end);
        }

        while (Position < end && violation == MessageViolation.None)
        {
            int inner = element;
            violation = ValidateOne(signature, ref inner, depth + 1);
        }

        return violation != MessageViolation.None ? violation
            : Position != end ? MessageViolation.ArrayLengthWrong
            : MessageViolation.None;
    }

    private MessageViolation TryBeginArray(byte elementType, out int end)
    {
        end = 0;
        MessageViolation violation = TryReadUInt32(out uint length);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        if (length > ProtocolLimits.MaxArrayBytes)
        {
            return MessageViolation.ArrayTooLong;
        }

        violation = TryAlign(WireType.Alignment(elementType));
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        end = Position + (int)length;
        return end > _bytes.Length ? MessageViolation.ValueOutOfBounds : MessageViolation.None;
    }

    private MessageViolation ValidateFixedElements(byte elementType, int end)
    {
        ReadOnlySpan<byte> elements = _bytes[Position..end];
        Position = end;
        return elements.Length % WireType.FixedSize(elementType) != 0 ? MessageViolation.ArrayLengthWrong
            : elementType == WireType.Boolean && !AreBooleans(elements) ? MessageViolation.BooleanNotZeroOrOne
            : MessageViolation.None;
    }

    private readonly bool AreBooleans(ReadOnlySpan<byte> elements)
    {
        ReadOnlySpan<uint> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, uint>(elements);
        uint one = _isBigEndian == BitConverter.IsLittleEndian ? 0x0100_0000u : 1u;
        return values.IndexOfAnyExcept(0u, one) < 0;
    }

    private MessageViolation ValidateBasic(byte type)
    {
        switch (type)
        {
            case WireType.String:
            case WireType.ObjectPath:
                return ValidateText(type);
            case WireType.Signature:
                MessageViolation violation = TakeSignature(out ReadOnlySpan<byte> signature);
                return violation != MessageViolation.None ? violation
                    : !Signature.IsValid(signature) ? MessageViolation.SignatureMalformed
                    : MessageViolation.None;
            case WireType.Boolean:
                violation = TryReadUInt32(out uint value);
                return violation != MessageViolation.None ? violation
                    : value > 1 ? MessageViolation.BooleanNotZeroOrOne
                    : MessageViolation.None;
            default:
                return SkipFixed(WireType.FixedSize(type));
        }
    }

    private MessageViolation SkipFixed(int size)
    {
        MessageViolation violation = TryAlign(size);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        if (_bytes.Length - Position < size)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        Position += size;
        return MessageViolation.None;
    }

    private MessageViolation ValidateText(byte type)
    {
        MessageViolation violation = TryReadUInt32(out uint length);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        if (length >= (uint)(_bytes.Length - Position))
        {
            return MessageViolation.ValueOutOfBounds;
        }

        ReadOnlySpan<byte> text = _bytes.Slice(Position, (int)length);
        Position += (int)length + 1;
        return _bytes[Position - 1] != 0 ? MessageViolation.StringNotTerminated
            : type == WireType.String ? StrictUtf8.IsValid(text) ? MessageViolation.None : MessageViolation.StringNotUtf8
            : ObjectPath.IsValid(text) ? MessageViolation.None
            : MessageViolation.ObjectPathMalformed;
    }

    // The text and its NUL; whether it is a signature is the caller's question.
    private MessageViolation TakeSignature(out ReadOnlySpan<byte> signature)
    {
        signature = default;
        int length = Position < _bytes.Length ? _bytes[Position] : int.MaxValue;
        if (length > _bytes.Length - Position - 2)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        signature = _bytes.Slice(Position + 1, length);
        Position += length + 2;
        return _bytes[Position - 1] == 0 ? MessageViolation.None : MessageViolation.SignatureMalformed;
    }

    private MessageViolation TryReadUInt32(out uint value)
    {
        value = 0;
        MessageViolation violation = TryAlign(4);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        if (_bytes.Length - Position < 4)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        value = WireFormat.ReadUInt32(_bytes[Position..], _isBigEndian);
        Position += 4;
        return MessageViolation.None;
    }

    private MessageViolation TryAlign(int alignment)
    {
        int aligned = WireFormat.Align(Position, alignment);
        if (aligned > _bytes.Length)
        {
            return MessageViolation.ValueOutOfBounds;
        }

        ReadOnlySpan<byte> padding = _bytes[Position..aligned];
        Position = aligned;
        return WireFormat.IsZero(padding) ? MessageViolation.None : MessageViolation.PaddingNotZero;
    }

    private readonly ref struct MeasuredSignature(ReadOnlySpan<byte> codes, ReadOnlySpan<byte> ends)
    {
        internal ReadOnlySpan<byte> Codes { get; } = codes;

        internal ReadOnlySpan<byte> Ends { get; } = ends;
    }
}
