using System.Text;
using CsCheck;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Tests.Support;

/// <summary>A body of any types and values, made by <see cref="WireWriter"/>.</summary>
internal sealed record RandomBody(string Signature, byte[] Bytes)
{
    internal static Gen<RandomBody> Gen { get; } = CsCheck.Gen.Int.Select(seed => new RandomValues(new Random(seed)).NextBody());
}

/// <summary>Random signatures and values of them.</summary>
internal sealed class RandomValues(Random random)
{
    private const string BasicTypes = "ybnqiuxtdsogh";

    private static readonly string[] Texts = ["a", "é", "€", "😀", "\ufffe", "text"];

    private readonly WireWriter _writer = new();

    internal RandomBody NextBody()
    {
        StringBuilder signature = new();
        int values = 1 + random.Next(6);
        for (int i = 0; i < values; i++)
        {
            signature.Append(NextType(depth: 0));
        }

        string text = signature.ToString();
        text = text.Length <= ProtocolLimits.MaxSignatureLength ? text : "y";
        _writer.Clear();
        for (int i = 0; i < text.Length;)
        {
            i = WriteValue(text, i, depth: 0);
        }

        return new RandomBody(text, _writer.Written.ToArray());
    }

    private string NextType(int depth)
    {
        int choice = depth < 4 ? random.Next(10) : random.Next(6);
        return choice switch
        {
            < 5 => NextBasic(),
            5 => "v",
            6 or 7 => "a" + NextType(depth + 1),
            8 => "(" + string.Concat(Enumerable.Range(0, 1 + random.Next(3)).Select(_ => NextType(depth + 1))) + ")",
            _ => "a{" + NextBasic() + NextType(depth + 1) + "}",
        };
    }

    private string NextBasic() => BasicTypes[random.Next(BasicTypes.Length)].ToString();

    private int WriteValue(string signature, int i, int depth)
    {
        switch (signature[i])
        {
            case 'a':
                return WriteArray(signature, i + 1, depth);
            case '(' or '{':
                _writer.BeginStruct();
                for (i++; signature[i] is not (')' or '}');)
                {
                    i = WriteValue(signature, i, depth + 1);
                }

                return i + 1;
            case 'v':
                string type = depth < 8 ? NextType(depth + 2) : "y";
                _writer.WriteVariantSignature(type);
                WriteValue(type, 0, depth + 1);
                return i + 1;
            default:
                WriteBasic(signature[i]);
                return i + 1;
        }
    }

    private int WriteArray(string signature, int element, int depth)
    {
        int token = _writer.BeginArray(WireType.Alignment((byte)signature[element]));
        int count = random.Next(depth < 5 ? 4 : 2);
        for (int n = 0; n < count; n++)
        {
            WriteValue(signature, element, depth + 1);
        }

        _writer.EndArray(token);
        return Signature.SkipType(Encoding.ASCII.GetBytes(signature), element - 1);
    }

    private void WriteBasic(char type)
    {
        switch (type)
        {
            case 'y':
                _writer.WriteByte((byte)random.Next(256));
                break;
            case 'b':
                _writer.WriteBoolean(random.Next(2) == 1);
                break;
            case 'n' or 'q':
                _writer.WriteUInt16((ushort)random.Next(65536));
                break;
            case 'i' or 'u' or 'h':
                _writer.WriteUInt32((uint)random.NextInt64(1L << 32));
                break;
            case 'x' or 't':
                _writer.WriteUInt64((ulong)random.NextInt64());
                break;
            case 'd':
                _writer.WriteDouble(random.NextDouble());
                break;
            case 's':
                _writer.WriteString(string.Concat(Enumerable.Repeat(Texts[random.Next(Texts.Length)], random.Next(5))));
                break;
            case 'o':
                _writer.WriteObjectPath(random.Next(3) == 0 ? "/" : "/a/_" + random.Next(1000));
                break;
            default:
                _writer.WriteSignature(new string('y', random.Next(4)) + NextType(depth: 3));
                break;
        }
    }
}
