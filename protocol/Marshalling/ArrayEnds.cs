using System.Runtime.CompilerServices;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>For each ARRAY code of one valid signature, the position after its element type.</summary>
/// <remarks>Without it a body of many empty arrays of a long type would cost the length of the signature for each.</remarks>
[InlineArray(ProtocolLimits.MaxSignatureLength)]
internal struct ArrayEnds
{
    private const int LongestUnmeasured = 16;

    /// <summary>Stands for signatures that are not worth measuring.</summary>
    internal static readonly ArrayEnds None;

    private byte _first;

    internal static bool IsWorthMeasuring(ReadOnlySpan<byte> signature) => signature.Length > LongestUnmeasured;

    internal static ArrayEnds Measure(ReadOnlySpan<byte> signature)
    {
        ArrayEnds ends = default;
        Span<byte> closed = stackalloc byte[ProtocolLimits.MaxTotalDepth];
        int open = 0;
        for (int at = signature.Length - 1; at >= 0; at--)
        {
            switch (signature[at])
            {
                case WireType.StructEnd:
                case WireType.DictEnd:
                    closed[open++] = (byte)(at + 1);
                    break;
                case WireType.StructBegin:
                case WireType.DictBegin:
                    ends[at] = closed[--open];
                    break;
                case WireType.Array:
                    ends[at] = ends[at + 1];
                    break;
                default:
                    ends[at] = (byte)(at + 1);
                    break;
            }
        }

        return ends;
    }
}
