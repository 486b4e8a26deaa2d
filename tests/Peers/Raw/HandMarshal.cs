using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace XcpBroker.Peers.Raw;

/// <summary>Little-endian marshalling, just enough to call the bus and a broker's controller.</summary>
internal sealed class HandMarshal
{
    private readonly List<byte> _bytes = [];

    internal static byte[] Call(
        uint serial,
        string? destination,
        string path,
        string iface,
        string member,
        string signature = "",
        HandMarshal? body = null,
        uint descriptors = 0)
    {
        byte[] content = body?._bytes.ToArray() ?? [];
        HandMarshal message = new();
        message.Bytes((byte)'l', 1, 0, 1);
        message.UInt32((uint)content.Length);
        message.UInt32(serial);
        int fields = message.BeginArray(8);
        message.Field(1, "o", path);
        message.Field(2, "s", iface);
        message.Field(3, "s", member);
        message.Field(6, "s", destination);
        message.Field(8, "g", signature.Length > 0 ? signature : null);
        message.Field(9, "u", descriptors > 0 ? descriptors : null);
        message.EndArray(fields, 8);
        message.Align(8);
        message.Bytes(content);
        return message._bytes.ToArray();
    }

    internal static byte[] EmptyReturn(uint serial, uint replySerial)
    {
        HandMarshal message = new();
        message.Bytes((byte)'l', 2, 1, 1);
        message.UInt32(0);
        message.UInt32(serial);
        int fields = message.BeginArray(8);
        message.Field(5, "u", replySerial);
        message.EndArray(fields, 8);
        message.Align(8);
        return message._bytes.ToArray();
    }

    internal void Align(int to)
    {
        while (_bytes.Count % to != 0)
        {
            _bytes.Add(0);
        }
    }

    internal void Bytes(params ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    internal void UInt32(uint value)
    {
        Align(4);
        byte[] four = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(four, value);
        _bytes.AddRange(four);
    }

    internal void UInt64(ulong value)
    {
        Align(8);
        byte[] eight = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
        _bytes.AddRange(eight);
    }

    internal void Boolean(bool value) => UInt32(value ? 1u : 0u);

    internal void String(string value)
    {
        UInt32((uint)value.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        _bytes.Add(0);
    }

    internal void Signature(string value)
    {
        _bytes.Add((byte)value.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        _bytes.Add(0);
    }

    internal int BeginArray(int elementAlignment)
    {
        UInt32(0);
        int token = _bytes.Count;
        Align(elementAlignment);
        return token;
    }

    internal void EndArray(int token, int elementAlignment)
    {
        int start = (token + elementAlignment - 1) & -elementAlignment;
        BinaryPrimitives.WriteUInt32LittleEndian(CollectionsMarshal.AsSpan(_bytes)[(token - 4)..], (uint)(_bytes.Count - start));
    }

    private void Field(byte code, string type, object? value)
    {
        if (value is null)
        {
            return;
        }

        Align(8);
        _bytes.Add(code);
        Signature(type);
        switch (type)
        {
            case "u":
                UInt32((uint)value);
                break;
            case "g":
                Signature((string)value);
                break;
            default:
                String((string)value);
                break;
        }
    }
}
