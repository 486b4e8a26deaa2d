using System.Buffers.Binary;
using System.Text;

namespace XcpBroker.Protocol.Tests.Support;

/// <summary>Turns valid little-endian bytes into the same values in big-endian; its own walk, so that it can prove ours wrong.</summary>
internal sealed class OrderSwap(byte[] bytes)
{
    private int _at;

    internal static byte[] Message(byte[] littleEndian)
    {
        byte[] copy = [.. littleEndian];
        string signature = SignatureOf(littleEndian);
        new OrderSwap(copy).Values("yyyyuua(yv)");
        copy[0] = (byte)'B';
        int body = copy.Length - BinaryPrimitives.ReadInt32BigEndian(copy.AsSpan(4));
        Body(copy.AsSpan(body), signature).CopyTo(copy, body);
        return copy;
    }

    internal static byte[] Body(ReadOnlySpan<byte> littleEndian, string signature)
    {
        byte[] copy = littleEndian.ToArray();
        new OrderSwap(copy).Values(signature);
        return copy;
    }

    private static string SignatureOf(byte[] message)
    {
        Protocol.Messages.MessageHeader.TryParse(message, out Protocol.Messages.MessageHeader header);
        return Encoding.ASCII.GetString(header.Signature.In(message));
    }

    private void Values(string signature)
    {
        for (int i = 0; i < signature.Length;)
        {
            i = Value(signature, i);
        }
    }

    private int Value(string signature, int i)
    {
        switch (signature[i])
        {
            case 'y':
                _at++;
                return i + 1;
            case 'n' or 'q':
                Number(2);
                return i + 1;
            case 'b' or 'i' or 'u' or 'h':
                Number(4);
                return i + 1;
            case 'x' or 't' or 'd':
                Number(8);
                return i + 1;
            case 's' or 'o':
                int length = (int)Number(4);
                _at += length + 1;
                return i + 1;
            case 'g':
                _at += bytes[_at] + 2;
                return i + 1;
            case 'v':
                string inner = Encoding.ASCII.GetString(bytes, _at + 1, bytes[_at]);
                _at += bytes[_at] + 2;
                Value(inner, 0);
                return i + 1;
            case 'a':
                return Elements(signature, i + 1);
            default:
                Align(8);
                for (i++; signature[i] is not (')' or '}');)
                {
                    i = Value(signature, i);
                }

                return i + 1;
        }
    }

    private int Elements(string signature, int element)
    {
        int end = (int)Number(4);
        Align(signature[element] is 'x' or 't' or 'd' or '(' or '{' ? 8 : 1);
        end += _at;
        while (_at < end)
        {
            Value(signature, element);
        }

        return SkipType(signature, element);
    }

    private static int SkipType(string signature, int i)
    {
        while (signature[i] == 'a')
        {
            i++;
        }

        int depth = 0;
        do
        {
            depth += signature[i] is '(' or '{' ? 1 : signature[i] is ')' or '}' ? -1 : 0;
            i++;
        }
        while (depth > 0);
        return i;
    }

    private uint Number(int size)
    {
        Align(size);
        uint value = size == 4 ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(_at)) : 0;
        Array.Reverse(bytes, _at, size);
        _at += size;
        return value;
    }

    private void Align(int alignment) => _at = (_at + alignment - 1) / alignment * alignment;
}
