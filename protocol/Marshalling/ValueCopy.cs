using System.Diagnostics;

namespace XcpBroker.Protocol.Marshalling;

/// <summary>Copies values to where they lie otherwise: in little-endian order, with the padding that the new place asks for.</summary>
public static class ValueCopy
{
    /// <summary>Copies the values of a signature.</summary>
    /// <param name="reader">Stands before the first value; moves behind the last one. The values have been validated.</param>
    /// <param name="signature">Of these values: none, one or more complete types.</param>
    /// <param name="writer">Where they go.</param>
    public static void Copy(ref WireReader reader, ReadOnlySpan<byte> signature, WireWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        int at = 0;
        while (at < signature.Length && !reader.Failed)
        {
            CopyOne(ref reader, signature, ref at, writer);
        }
    }

    // As deep as the validator lets values nest.
    private static void CopyOne(ref WireReader reader, ReadOnlySpan<byte> signature, ref int at, WireWriter writer)
    {
        byte type = signature[at];
        switch (type)
        {
            case WireType.Array:
                int next = Signature.SkipType(signature, at);
                CopyArray(ref reader, signature[(at + 1)..next], writer);
                at = next;
                break;
            case WireType.StructBegin or WireType.DictBegin:
                int end = Signature.SkipType(signature, at);
                reader.AlignStruct();
                writer.BeginStruct();
                Copy(ref reader, signature[(at + 1)..(end - 1)], writer);
                at = end;
                break;
            case WireType.Variant:
                ReadOnlySpan<byte> contained = reader.ReadSignature();
                writer.WriteSignature(contained);
                Copy(ref reader, contained, writer);
                at++;
                break;
            default:
                CopyBasic(ref reader, type, writer);
                at++;
                break;
        }
    }

    private static void CopyArray(ref WireReader reader, ReadOnlySpan<byte> element, WireWriter writer)
    {
        if (element[0] == WireType.Byte)
        {
            writer.WriteByteArray(reader.ReadByteArray());
            return;
        }

        int alignment = WireType.Alignment(element[0]);
        int end = reader.ReadArrayStart(alignment);
        int array = writer.BeginArray(alignment);
        while (reader.MoreUntil(end))
        {
            Copy(ref reader, element, writer);
        }

        writer.EndArray(array);
    }

    private static void CopyBasic(ref WireReader reader, byte type, WireWriter writer)
    {
        switch (type)
        {
            case WireType.String or WireType.ObjectPath:
                writer.WriteString(reader.ReadString());
                break;
            case WireType.Signature:
                writer.WriteSignature(reader.ReadSignature());
                break;
            default:
                CopyFixed(ref reader, WireType.FixedSize(type), writer);
                break;
        }
    }

    private static void CopyFixed(ref WireReader reader, int size, WireWriter writer)
    {
        switch (size)
        {
            case 1:
                writer.WriteByte(reader.ReadByte());
                break;
            case 2:
                writer.WriteUInt16(reader.ReadUInt16());
                break;
            case 4:
                writer.WriteUInt32(reader.ReadUInt32());
                break;
            default:
                Debug.Assert(size == 8, "not a type of fixed size");
                writer.WriteUInt64(reader.ReadUInt64());
                break;
        }
    }
}
