using System.Globalization;
using System.Text;
using XcpBroker.Peers.Interop;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Peers.Raw;

/// <summary>A client of a few lines on a blocking socket: what it is told to send goes out as it stands, and every wait is bounded.</summary>
public sealed class RawPeer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly StreamSocket _socket;
    private readonly MessageBuilder _builder = new();
    private readonly List<int> _descriptors = [];
    private byte[] _buffer = new byte[1024];
    private int _filled;
    private bool _isRemote;
    private uint _serial;

    private RawPeer(StreamSocket socket) => _socket = socket;

    /// <summary>Whom EXTERNAL claims to be.</summary>
    public static uint UserId => LibC.UserId();

    /// <summary>The unique name that Hello gave, or an empty string before it.</summary>
    public string UniqueName { get; private set; } = "";

    /// <summary>The descriptor of the socket; it stays this object's.</summary>
    public int Descriptor => _socket.Descriptor;

    /// <summary>The broker ended the connection and everything it sent before has been read.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Descriptors that came and belong to no message received so far.</summary>
    public int UnclaimedDescriptors => _descriptors.Count;

    /// <summary>Connects and sends nothing.</summary>
    public static RawPeer Open(string address) => BusAddress.TcpEnd(address) is { } end
        ? new RawPeer(StreamSocket.Connect(end)) { _isRemote = true }
        : new RawPeer(StreamSocket.Connect(BusAddress.UnixPath(address)));

    /// <summary>Speaks on a socket that somebody else connected.</summary>
    public static RawPeer Over(StreamSocket socket) => new(socket);

    /// <summary>Connects, authenticates, says Hello and takes its reply and NameAcquired.</summary>
    public static RawPeer Connect(string address, bool passDescriptors = false)
    {
        RawPeer peer = Open(address);
        try
        {
            peer.Authenticate(passDescriptors);
            peer.Hello();
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>EXTERNAL, over TCP ANONYMOUS, in one write; the answers are taken afterwards.</summary>
    /// <exception cref="InvalidOperationException">The broker refused.</exception>
    public void Authenticate(bool passDescriptors = false)
    {
        string user = UserId.ToString(CultureInfo.InvariantCulture);
        string mechanism = $"{(_isRemote ? "ANONYMOUS" : "EXTERNAL")} {Convert.ToHexStringLower(Encoding.ASCII.GetBytes(user))}";
        string negotiate = passDescriptors ? "NEGOTIATE_UNIX_FD\r\n" : "";
        Send(Encoding.ASCII.GetBytes($"\0AUTH {mechanism}\r\n{negotiate}BEGIN\r\n"));
        Expect("OK ");
        if (passDescriptors)
        {
            Expect("AGREE_UNIX_FD");
        }
    }

    /// <summary>Says Hello; takes the reply and the NameAcquired behind it.</summary>
    public void Hello()
    {
        uint serial = NextSerial();
        Send(Bus("Hello"), serial);
        UniqueName = ReceiveReply(serial).FirstString ?? throw new InvalidOperationException("Hello without a name");
        _ = Receive();
    }

    /// <summary>The header of a call of the bus itself.</summary>
    public static MessageFields Bus(string member, string signature = "") => new()
    {
        Type = MessageType.MethodCall,
        Destination = "org.freedesktop.DBus",
        Path = "/org/freedesktop/DBus",
        Interface = "org.freedesktop.DBus",
        Member = member,
        Signature = signature,
    };

    /// <summary>Sends a call and takes its reply, method return or error; what comes before it is thrown away.</summary>
    public PeerMessage Call(in MessageFields fields, Action<WireWriter>? body = null)
    {
        uint serial = NextSerial();
        Send(fields, serial, body);
        return ReceiveReply(serial);
    }

    /// <summary>Sends a message made of fields; descriptors go with its first byte and stay the caller's.</summary>
    public void Send(in MessageFields fields, uint serial, Action<WireWriter>? body = null, params ReadOnlySpan<int> descriptors)
    {
        _builder.Begin(fields);
        body?.Invoke(_builder.Body);
        _ = Send(_builder.Finish(serial), descriptors);
    }

    /// <summary>1, 2, 3 ...</summary>
    public uint NextSerial() => ++_serial;

    /// <summary>Sends bytes as they stand; descriptors go with the first of them and stay the caller's.</summary>
    /// <returns>False when the broker has ended the connection.</returns>
    /// <exception cref="TimeoutException">It takes nothing for 30 seconds.</exception>
    public bool Send(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> descriptors) => _socket.Send(bytes, descriptors, Patience);

    /// <summary>The next message.</summary>
    /// <exception cref="TimeoutException">None came in time.</exception>
    /// <exception cref="EndOfStreamException">The broker ended the connection.</exception>
    public PeerMessage Receive(TimeSpan? timeout = null) => TryReceive(timeout ?? Patience) ?? throw Nothing("message");

    /// <summary>The reply to a call, method return or error; what comes before it is thrown away.</summary>
    public PeerMessage ReceiveReply(uint serial, TimeSpan? timeout = null)
    {
        PeerMessage message = Receive(timeout);
        while (message.Type is not (2 or 3) || message.ReplySerial != serial)
        {
            Close(message.Descriptors);
            message = Receive(timeout);
        }

        return message;
    }

    /// <summary>The next message, or null when none came in that time or the connection has ended.</summary>
    public PeerMessage? TryReceive(TimeSpan timeout)
    {
        while (_filled < 16 || _filled < PeerMessage.Length(_buffer))
        {
            if (!Fill(timeout))
            {
                return null;
            }
        }

        PeerMessage message = new(Take(PeerMessage.Length(_buffer)));
        int count = Math.Min((int)message.UnixFds, _descriptors.Count);
        message.Descriptors = _descriptors[..count];
        _descriptors.RemoveRange(0, count);
        return message;
    }

    /// <summary>The next line of the authentication conversation, without its CR LF.</summary>
    public string ReceiveLine(TimeSpan? timeout = null)
    {
        int end;
        while ((end = _buffer.AsSpan(0, _filled).IndexOf("\r\n"u8)) < 0)
        {
            if (!Fill(timeout ?? Patience))
            {
                throw Nothing("line");
            }
        }

        return Encoding.Latin1.GetString(Take(end + 2).AsSpan(0, end));
    }

    /// <summary>Reads and drops everything until the broker ends the connection; false when it does not in that time.</summary>
    public bool WaitForClose(TimeSpan? timeout = null)
    {
        do
        {
            _filled = 0;
        }
        while (Fill(timeout ?? Patience));

        return IsClosed;
    }

    /// <summary>Ends our direction.</summary>
    public void ShutdownSending() => _socket.ShutdownSending();

    public void Dispose()
    {
        _socket.Dispose();
        Close(_descriptors);
        _descriptors.Clear();
    }

    /// <summary>Closes received descriptors.</summary>
    public static void Close(IReadOnlyList<int> descriptors)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        foreach (int descriptor in descriptors)
        {
            _ = LibC.Close(descriptor);
        }
    }

    private void Expect(string start)
    {
        string line = ReceiveLine();
        if (!line.StartsWith(start, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"expected {start}, got {line}");
        }
    }

    private Exception Nothing(string what) =>
        IsClosed ? new EndOfStreamException($"connection ended, no {what}") : new TimeoutException($"no {what} in time");

    private bool Fill(TimeSpan timeout)
    {
        if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int count = IsClosed ? 0 : _socket.Receive(_buffer.AsSpan(_filled), _descriptors, timeout);
        IsClosed |= count == 0;
        _filled += Math.Max(0, count);
        return count > 0;
    }

    private byte[] Take(int count)
    {
        byte[] taken = _buffer[..count];
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
        return taken;
    }
}
