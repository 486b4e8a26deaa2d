namespace XcpBroker.Protocol.Marshalling;

/// <summary>The grammar of signatures (spec, message-protocol-marshaling-signature).</summary>
public static class Signature
{
    /// <summary>Whether the bytes are zero or more complete types within all limits.</summary>
    public static bool IsValid(ReadOnlySpan<byte> signature)
    {
        int at = 0;
        while (at < signature.Length && WireType.IsBasic(signature[at]))
        {
            at++;
        }

        return signature.Length <= ProtocolLimits.MaxSignatureLength
            && (at == signature.Length || SignatureGrammar.CountTypes(signature[at..]) > 0);
    }

    /// <summary>Whether the bytes are exactly one complete type, as a variant needs it.</summary>
    public static bool IsSingleCompleteType(ReadOnlySpan<byte> signature) =>
        signature.Length <= ProtocolLimits.MaxSignatureLength && SignatureGrammar.CountTypes(signature) == 1;

    /// <summary>Position after the complete type that starts at a position of a valid signature.</summary>
    /// <returns>-1 if the signature ends before the type does, or is no signature there.</returns>
    public static int SkipType(ReadOnlySpan<byte> signature, int at)
    {
        while ((uint)at < (uint)signature.Length && signature[at] == WireType.Array)
        {
            at++;
        }

        int open = 0;
        while ((uint)at < (uint)signature.Length)
        {
            byte code = signature[at++];
            open += code is WireType.StructBegin or WireType.DictBegin ? 1 : code is WireType.StructEnd or WireType.DictEnd ? -1 : 0;
            if (open <= 0)
            {
                return open == 0 ? at : -1;
            }
        }

        return -1;
    }
}
