using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace XcpBroker.Testing;

/// <summary>A message written by hand: either byte order, fields in the order in which they are added, unknown ones among them.</summary>
internal sealed class WireMessage(byte type, bool isBigEndian = false)
{
    private readonly ArrayBufferWriter<byte> _fields = new();

    internal byte Flags { get; init; }

    internal uint Serial { get; init; } = 1;

    internal static WireMessage Call(string destination, string member, bool isBigEndian = false) =>
        new WireMessage(1, isBigEndian).Path("/a").Member(member).Destination(destination);

    internal WireMessage Path(string value) => Text(1, 'o', value);

    internal WireMessage Interface(string value) => Text(2, 's', value);

    internal WireMessage Member(string value) => Text(3, 's', value);

    internal WireMessage ErrorName(string value) => Text(4, 's', value);

    internal WireMessage ReplySerial(uint value) => Number(5, value);

    internal WireMessage Destination(string value) => Text(6, 's', value);

    internal WireMessage Sender(string value) => Text(7, 's', value);

    internal WireMessage Signature(string value)
    {
        Begin(8, 'g');
        _fields.Write<byte>([(byte)value.Length, .. Encoding.ASCII.GetBytes(value), 0]);
        return this;
    }

    internal WireMessage Text(byte code, char type, string value)
    {
        Begin(code, type);
        _fields.Write(UInt32((uint)value.Length));
        _fields.Write<byte>([.. Encoding.ASCII.GetBytes(value), 0]);
        return this;
    }

    internal WireMessage Number(byte code, uint value)
    {
        Begin(code, 'u');
        _fields.Write(UInt32(value));
        return this;
    }

    /// <summary>The message with this body; its SIGNATURE is a field like the others.</summary>
    internal byte[] Build(ReadOnlySpan<byte> body = default)
    {
        ArrayBufferWriter<byte> message = new();
        message.Write<byte>([(byte)(isBigEndian ? 'B' : 'l'), type, Flags, 1]);
        message.Write(UInt32((uint)body.Length));
        message.Write(UInt32(Serial));
        message.Write(UInt32((uint)_fields.WrittenCount));
        message.Write(_fields.WrittenSpan);
        Pad(message);
        message.Write(body);
        return message.WrittenSpan.ToArray();
    }

    /// <summary>A number in this message's byte order, for bodies.</summary>
    internal byte[] UInt32(uint value)
    {
        byte[] bytes = new byte[4];
        if (isBigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }

        return bytes;
    }

    private static void Pad(ArrayBufferWriter<byte> bytes) => bytes.Write<byte>(new byte[-bytes.WrittenCount & 7]);

    private void Begin(byte code, char type)
    {
        Pad(_fields);
        _fields.Write<byte>([code, 1, (byte)type, 0]);
    }
}
