using System.Buffers.Binary;
using System.Text;

namespace XcpBroker.Peers.Raw;

/// <summary>A received message: its bytes as they came, and a plain look at its header fields.</summary>
/// <remarks>The descriptors are the receiver's to close; <see cref="RawPeer"/> closes those of messages nobody took.</remarks>
public sealed class PeerMessage
{
    private readonly Dictionary<byte, object> _fields = [];

    public PeerMessage(byte[] bytes)
    {
        Bytes = bytes;
        ReadFields();
    }

    /// <summary>The whole message.</summary>
    public byte[] Bytes { get; }

    /// <summary>Descriptors that came with it.</summary>
    public IReadOnlyList<int> Descriptors { get; internal set; } = [];

    public bool IsBigEndian => Bytes[0] == (byte)'B';

    public byte Type => Bytes[1];

    public byte Flags => Bytes[2];

    public uint Serial => UInt32(8);

    public string? Path => Text(1);

    public string? Interface => Text(2);

    public string? Member => Text(3);

    public string? ErrorName => Text(4);

    public uint ReplySerial => Number(5);

    public string? Destination => Text(6);

    public string? Sender => Text(7);

    public string Signature => Text(8) ?? "";

    public uint UnixFds => Number(9);

    /// <summary>Codes of the header fields in their order on the wire.</summary>
    public IReadOnlyCollection<byte> FieldCodes => _fields.Keys;

    public ReadOnlySpan<byte> Body => Bytes.AsSpan(Bytes.Length - (int)UInt32(4));

    /// <summary>The first argument when it is a string (as of every error), otherwise null.</summary>
    public string? FirstString
    {
        get
        {
            if (!Signature.StartsWith('s') || Body.Length < 5)
            {
                return null;
            }

            return Latin(Body.Slice(4, (int)UInt32(Bytes.Length - Body.Length)));
        }
    }

    /// <summary>The whole length of the message whose first 16 bytes are given.</summary>
    public static int Length(ReadOnlySpan<byte> start)
    {
        bool big = start[0] == (byte)'B';
        uint body = big ? BinaryPrimitives.ReadUInt32BigEndian(start[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        uint fields = big ? BinaryPrimitives.ReadUInt32BigEndian(start[12..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        return checked((int)(16 + ((fields + 7) & ~7u) + body));
    }

    /// <summary>One line for a test's output.</summary>
    public override string ToString() =>
        $"type {Type} serial {Serial} reply {ReplySerial} {Sender} -> {Destination} {Path} {Interface}.{Member} {ErrorName} ({Signature}) {FirstString}";

    private static string Latin(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private string? Text(byte code) => _fields.GetValueOrDefault(code) as string;

    private uint Number(byte code) => _fields.GetValueOrDefault(code) as uint? ?? 0;

    private uint UInt32(int offset) => IsBigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(offset))
        : BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(offset));

    private void ReadFields()
    {
        int end = 16 + (int)UInt32(12);
        for (int at = 16; at < end;)
        {
            at = (at + 7) & ~7;
            byte code = Bytes[at];
            byte type = Bytes[at + 2];
            at += 4;
            switch (type)
            {
                case (byte)'u':
                    _fields[code] = UInt32(at);
                    at += 4;
                    break;
                case (byte)'s' or (byte)'o':
                    int length = (int)UInt32(at);
                    _fields[code] = Latin(Bytes.AsSpan(at + 4, length));
                    at += 5 + length;
                    break;
                case (byte)'g':
                    _fields[code] = Latin(Bytes.AsSpan(at + 1, Bytes[at]));
                    at += 2 + Bytes[at];
                    break;
                default:
                    _fields[code] = $"type {(char)type}";
                    return;
            }
        }
    }
}
