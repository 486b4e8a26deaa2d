using System.Runtime.InteropServices;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Walks values and signature together; one walk, no allocation.</summary>
/// <remarks>
/// Depth counts as in libdbus: the contents of a struct, dict entry, variant, or array of anything but fixed-size elements lie one
/// deeper, and 64 is the deepest. So recursion ends at 64, whatever the bytes are.
/// </remarks>
internal ref partial struct ValueValidator
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isBigEndian;
    private int _position;

    internal ValueValidator(ReadOnlySpan<byte> bytes, bool isBigEndian, int start = 0)
    {
        _bytes = bytes;
        _isBigEndian = isBigEndian;
        _position = start;
    }

    /// <summary>Bytes from the start to the next value.</summary>
    internal readonly int Position => _position;

    /// <summary>Checks one value after the other until the signature ends.</summary>
    /// <param name="signature">Any bytes.</param>
    /// <param name="isValid">Whether it is known to be a signature.</param>
    internal MessageViolation ValidateAll(ReadOnlySpan<byte> signature, bool isValid)
    {
        if (signature.Length > ProtocolLimits.MaxSignatureLength)
        {
            return MessageViolation.SignatureMalformed;
        }

        for (int at = 0; at < signature.Length; at++)
        {
            byte type = signature[at];
            MessageViolation violation;
            if (WireType.IsBasic(type))
            {
                violation = ValidateBasic(type);
            }
            else if (type == WireType.Array && at + 1 < signature.Length && WireType.FixedSize(signature[at + 1]) != 0)
            {
                violation = ValidateFixedArray(signature[++at]);
            }
            else
            {
                return isValid || Signature.IsValid(signature[at..]) ? ValidateContainers(signature, at) : MessageViolation.SignatureMalformed;
            }

            if (violation != MessageViolation.None)
            {
                return violation;
            }
        }

        return MessageViolation.None;
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

        if (!Signature.IsSingleCompleteType(signature))
        {
            return MessageViolation.VariantSignatureMalformed;
        }

        return ArrayEnds.IsWorthMeasuring(signature)
            ? ValidateMeasured(signature, at: 0, depth + 1)
            : ValidateRest(signature, in ArrayEnds.None, at: 0, depth + 1);
    }

    private MessageViolation ValidateContainers(ReadOnlySpan<byte> signature, int at) => ArrayEnds.IsWorthMeasuring(signature)
        ? ValidateMeasured(signature, at, depth: 0)
        : ValidateRest(signature, in ArrayEnds.None, at, depth: 0);

    private MessageViolation ValidateFixedArray(byte elementType)
    {
        int size = WireType.FixedSize(elementType);
        MessageViolation violation = BeginArray(size, out int end);
        return violation == MessageViolation.None ? ValidateFixedElements(elementType, size, end) : violation;
    }

    private MessageViolation ValidateMeasured(ReadOnlySpan<byte> signature, int at, int depth)
    {
        ArrayEnds ends = ArrayEnds.Measure(signature);
        return ValidateRest(signature, in ends, at, depth);
    }

    private MessageViolation ValidateRest(ReadOnlySpan<byte> signature, in ArrayEnds ends, int at, int depth)
    {
        MessageViolation violation = MessageViolation.None;
        while (at < signature.Length && violation == MessageViolation.None)
        {
            violation = ValidateOne(signature, in ends, ref at, depth);
        }

        return violation;
    }

    private MessageViolation ValidateOne(ReadOnlySpan<byte> signature, in ArrayEnds ends, ref int at, int depth)
    {
        byte type = signature[at];
        if (WireType.IsBasic(type))
        {
            at++;
            return ValidateBasic(type);
        }

        switch (type)
        {
            case WireType.Array:
                return ValidateArray(signature, in ends, ref at, depth);
            case WireType.Variant:
                at++;
                return ValidateVariant(depth);
            default:
                return ValidateStruct(signature, in ends, ref at, depth);
        }
    }

    private MessageViolation ValidateStruct(ReadOnlySpan<byte> signature, in ArrayEnds ends, ref int at, int depth)
    {
        if (depth >= ProtocolLimits.MaxTotalDepth)
        {
            return MessageViolation.NestingTooDeep;
        }

        MessageViolation violation = Align(8);
        at++;
        while (violation == MessageViolation.None && signature[at] is not (WireType.StructEnd or WireType.DictEnd))
        {
            violation = ValidateOne(signature, in ends, ref at, depth + 1);
        }

        at++;
        return violation;
    }

    private MessageViolation ValidateArray(ReadOnlySpan<byte> signature, in ArrayEnds ends, ref int at, int depth)
    {
        int element = at + 1;
        byte elementType = signature[element];
        MessageViolation violation = BeginArray(WireType.Alignment(elementType), out int end);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        int size = WireType.FixedSize(elementType);
        if (size != 0)
        {
            at = element + 1;
            return ValidateFixedElements(elementType, size, end);
        }

        if (_position == end)
        {
            at = ArrayEnds.IsWorthMeasuring(signature) ? ends[at] : Signature.SkipType(signature, at);
            return MessageViolation.None;
        }

        if (depth >= ProtocolLimits.MaxTotalDepth)
        {
            return MessageViolation.NestingTooDeep;
        }

        do
        {
            at = element;
            violation = ValidateOne(signature, in ends, ref at, depth + 1);
        }
        while (_position < end && violation == MessageViolation.None);
        return violation == MessageViolation.None && _position != end ? MessageViolation.ArrayLengthWrong : violation;
    }

    private MessageViolation BeginArray(int alignment, out int end)
    {
        end = 0;
        MessageViolation violation = ReadUInt32(out uint length);
        if (violation != MessageViolation.None)
        {
            return violation;
        }

        if (length > ProtocolLimits.MaxArrayBytes)
        {
            return MessageViolation.ArrayTooLong;
        }

        violation = Align(alignment);
        end = _position + (int)length;
        return violation == MessageViolation.None && end > _bytes.Length ? MessageViolation.ValueOutOfBounds : violation;
    }

    private MessageViolation ValidateFixedElements(byte elementType, int size, int end)
    {
        ReadOnlySpan<byte> elements = _bytes[_position..end];
        _position = end;
        return (elements.Length & (size - 1)) != 0 ? MessageViolation.ArrayLengthWrong
            : elementType == WireType.Boolean && !AreBooleans(elements) ? MessageViolation.BooleanNotZeroOrOne
            : MessageViolation.None;
    }

    private readonly bool AreBooleans(ReadOnlySpan<byte> elements)
    {
        uint one = _isBigEndian == BitConverter.IsLittleEndian ? 0x0100_0000u : 1u;
        return MemoryMarshal.Cast<byte, uint>(elements).IndexOfAnyExcept(0u, one) < 0;
    }
}
