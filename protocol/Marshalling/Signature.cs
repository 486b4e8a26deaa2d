namespace XcpBroker.Protocol.Marshalling;

/// <summary>The grammar of signatures (spec, message-protocol-marshaling-signature).</summary>
public static class Signature
{
    /// <summary>Whether the bytes are zero or more complete types within all limits.</summary>
    public static bool IsValid(ReadOnlySpan<byte> signature)
    {
        if (signature.Length > ProtocolLimits.MaxSignatureLength)
        {
            return false;
        }

        int at = 0;
        while (at < signature.Length && WireType.IsBasic(signature[at]))
        {
            at++;
        }

        return at == signature.Length || TryMeasure(signature, at, []);
    }

    /// <summary>Whether the bytes are exactly one complete type, as a variant needs it.</summary>
    public static bool IsSingleCompleteType(ReadOnlySpan<byte> signature) =>
        signature.Length is > 0 and <= ProtocolLimits.MaxSignatureLength && Skip(signature, 0, default, []) == signature.Length;

    /// <summary>Position after the complete type that starts at a position of a valid signature.</summary>
    /// <returns>-1 if no complete type starts there.</returns>
    public static int SkipType(ReadOnlySpan<byte> signature, int at) => Skip(signature, at, default, []);

    /// <summary>Checks the signature and notes, for each ARRAY code, the position after its element type.</summary>
    /// <param name="signature">At most 255 bytes.</param>
    /// <param name="at">Where to begin.</param>
    /// <param name="ends">As long as the signature, or empty if nobody wants to know.</param>
    internal static bool TryMeasure(ReadOnlySpan<byte> signature, int at, Span<byte> ends)
    {
        while (at >= 0 && at < signature.Length)
        {
            at = Skip(signature, at, default, ends);
        }

        return at >= 0;
    }

    // Recursion is bounded by the two depths: at most 32 arrays and 32 structs.
    private static int Skip(ReadOnlySpan<byte> signature, int at, Depth depth, Span<byte> ends)
    {
        if ((uint)at >= (uint)signature.Length)
        {
            return -1;
        }

        byte type = signature[at];
        return type switch
        {
            WireType.Array => SkipArray(signature, at, depth, ends),
            WireType.StructBegin => SkipStruct(signature, at, depth, ends),
            WireType.Variant => at + 1,
            _ => WireType.IsBasic(type) ? at + 1 : -1,
        };
    }

    private static int SkipArray(ReadOnlySpan<byte> signature, int at, Depth depth, Span<byte> ends)
    {
        if (depth.Arrays == ProtocolLimits.MaxArrayDepth || at + 1 == signature.Length)
        {
            return -1;
        }

        Depth inside = depth with { Arrays = depth.Arrays + 1 };
        int end = signature[at + 1] == WireType.DictBegin
            ? SkipDictEntry(signature, at + 1, inside, ends)
            : Skip(signature, at + 1, inside, ends);
        if (end > 0 && !ends.IsEmpty)
        {
            ends[at] = (byte)end;
        }

        return end;
    }

    private static int SkipDictEntry(ReadOnlySpan<byte> signature, int at, Depth depth, Span<byte> ends)
    {
        int key = at + 1;
        if (key >= signature.Length || !WireType.IsBasic(signature[key]))
        {
            return -1;
        }

        int end = Skip(signature, key + 1, depth, ends);
        return end > 0 && end < signature.Length && signature[end] == WireType.DictEnd ? end + 1 : -1;
    }

    private static int SkipStruct(ReadOnlySpan<byte> signature, int at, Depth depth, Span<byte> ends)
    {
        if (depth.Structs == ProtocolLimits.MaxStructDepth)
        {
            return -1;
        }

        Depth inside = depth with { Structs = depth.Structs + 1 };
        int end = Skip(signature, at + 1, inside, ends);
        while (end > 0 && end < signature.Length && signature[end] != WireType.StructEnd)
        {
            end = Skip(signature, end, inside, ends);
        }

        return end > 0 && end < signature.Length ? end + 1 : -1;
    }

    private readonly record struct Depth(int Arrays, int Structs);
}
