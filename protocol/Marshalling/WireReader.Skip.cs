namespace XcpBroker.Protocol.Marshalling;

public ref partial struct WireReader
{
    /// <summary>Moves past one value without looking into arrays.</summary>
    /// <param name="type">Exactly one complete type.</param>
    public void SkipValue(ReadOnlySpan<byte> type)
    {
        int at = 0;
        SkipValue(type, ref at, depth: 0);
    }

    /// <summary>Moves past one value and its type.</summary>
    internal void SkipValue(ReadOnlySpan<byte> signature, ref int at, int depth)
    {
        if (Failed || depth > ProtocolLimits.MaxTotalDepth || (uint)at >= (uint)signature.Length)
        {
            Failed = true;
            return;
        }

        byte type = signature[at];
        switch (type)
        {
            case WireType.Array:
                SkipArray(signature, ref at);
                break;
            case WireType.StructBegin:
                SkipStruct(signature, ref at, depth);
                break;
            case WireType.Variant:
                at++;
                int inner = 0;
                ReadOnlySpan<byte> contained = ReadSignature();
                SkipValue(contained, ref inner, depth + 1);
                break;
            default:
                at++;
                SkipBasic(type);
                break;
        }
    }

    private void SkipBasic(byte type)
    {
        switch (type)
        {
            case WireType.String:
            case WireType.ObjectPath:
                ReadString();
                break;
            case WireType.Signature:
                ReadSignature();
                break;
            default:
                int size = WireType.FixedSize(type);
                Failed |= size == 0;
                Take(Math.Max(size, 1), size);
                break;
        }
    }

    private void SkipArray(ReadOnlySpan<byte> signature, ref int at)
    {
        int next = Signature.SkipType(signature, at);
        int alignment = next < 0 ? 0 : WireType.Alignment(signature[at + 1]);
        if (alignment == 0)
        {
            Failed = true;
            return;
        }

        int end = ReadArrayStart(alignment);
        at = next;
        if (!Failed)
        {
            Take(1, end - Position);
        }
    }

    private void SkipStruct(ReadOnlySpan<byte> signature, ref int at, int depth)
    {
        AlignStruct();
        at++;
        while (!Failed && at < signature.Length && signature[at] != WireType.StructEnd)
        {
            SkipValue(signature, ref at, depth + 1);
        }

        at++;
    }
}
