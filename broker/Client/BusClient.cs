using System.Buffers;
using System.Runtime.InteropServices;
using XcpBroker.Auth.Sasl;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Client;

/// <summary>A peer of a bus, for the broker's own tools: one call at a time on a blocking socket, from the thread of a command.</summary>
internal sealed unsafe class BusClient : IDisposable
{
    private const int ReadBytes = 64 * 1024;

    private readonly int _socket;
    private readonly ListenAddress _address;
    private readonly MessageBuilder _builder = new();
    private byte[] _received = [];
    private uint _serial;

    private BusClient(int socket, ListenAddress address)
    {
        _socket = socket;
        _address = address;
    }

    /// <summary>Connects, authenticates by the socket's credentials (SASL EXTERNAL) and says Hello.</summary>
    /// <exception cref="StartException">There is no bus, or it refuses.</exception>
    internal static BusClient Connect(UnixListenAddress address)
    {
        UnixTransport transport = new();
        BusClient client = Open(address, transport, transport.Resolve(address), null);
        try
        {
            _ = client.Authenticate(new ExternalClient(LibC.GetEffectiveUserId()));
            _ = client.Hello();
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Connects, and says nothing.</summary>
    /// <param name="address">What is connected to, for errors.</param>
    /// <param name="transport">Its transport.</param>
    /// <param name="names">Its sockets: the first that can be connected to counts.</param>
    /// <param name="patience">How long the bus may take for anything; null: for ever.</param>
    /// <exception cref="StartException">None can.</exception>
    internal static BusClient Open(ListenAddress address, ITransport transport, IReadOnlyList<SocketName> names, TimeSpan? patience)
    {
        int errno = 0;
        foreach (SocketName name in names)
        {
            int socket = transport.ConnectWaiting(name, patience, out errno);
            if (socket >= 0)
            {
                return new BusClient(socket, address);
            }
        }

        throw new StartException($"{address}: cannot connect: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    /// <summary>The SASL conversation.</summary>
    /// <returns>The bus's GUID.</returns>
    /// <exception cref="StartException">The bus refuses, or is none.</exception>
    internal string Authenticate(SaslClientMechanism mechanism)
    {
        SaslClient sasl = new(mechanism, _address.Guid);
        ArrayBufferWriter<byte> output = new();
        sasl.Begin(output);
        SaslClientOutcome outcome = SaslClientOutcome.NeedMoreData;
        while (true)
        {
            Send(output.WrittenSpan);
            output.ResetWrittenCount();
            if (outcome != SaslClientOutcome.NeedMoreData)
            {
                return outcome == SaslClientOutcome.Authenticated ? sasl.Guid : throw new StartException($"{_address}: {sasl.Refusal}");
            }

            Fill();
            outcome = sasl.Receive(_received, out int consumed, output);
            _received = _received[consumed..];
        }
    }

    /// <summary>Hello.</summary>
    /// <returns>The unique name of this connection.</returns>
    /// <exception cref="StartException">The bus refuses.</exception>
    internal string Hello() => Call(Bus("Hello")).FirstString;

    /// <summary>A call of the bus itself.</summary>
    internal static MessageFields Bus(string member) => new()
    {
        Type = MessageType.MethodCall,
        Destination = "org.freedesktop.DBus",
        Path = "/org/freedesktop/DBus",
        Interface = "org.freedesktop.DBus",
        Member = member,
    };

    /// <summary>Calls a method and waits for its answer.</summary>
    /// <exception cref="StartException">The answer is an error, or the bus ends the connection.</exception>
    internal ClientMessage Call(in MessageFields fields, Action<WireWriter>? body = null)
    {
        ClientMessage answer = Ask(fields, body, static _ => { });
        return answer.Type == MessageType.MethodReturn ? answer : throw new StartException($"{answer.ErrorName}: {answer.FirstString}");
    }

    /// <summary>Calls a method and waits for its answer, which may be an error.</summary>
    /// <param name="fields">The call.</param>
    /// <param name="body">Writes its arguments.</param>
    /// <param name="heard">Gets all that comes before the answer.</param>
    /// <exception cref="StartException">The bus ends the connection.</exception>
    internal ClientMessage Ask(in MessageFields fields, Action<WireWriter>? body, Action<ClientMessage> heard)
    {
        _builder.Begin(fields);
        body?.Invoke(_builder.Body);
        uint serial = ++_serial;
        Send(_builder.Finish(serial));
        while (true)
        {
            ClientMessage message = Hear();
            if (message.ReplySerial == serial)
            {
                return message;
            }

            heard(message);
        }
    }

    /// <summary>Waits for the next message.</summary>
    /// <exception cref="StartException">The bus ends the connection.</exception>
    internal ClientMessage Hear()
    {
        while (true)
        {
            byte[] message = Receive();
            if (MessageHeader.TryParse(message, out MessageHeader header) == MessageViolation.None)
            {
                return new ClientMessage(message, header);
            }
        }
    }

    public void Dispose() => _ = LibC.Close(_socket);

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint sent;
            fixed (byte* start = bytes)
            {
                LibC.IoVector vector = new() { Base = start, Length = (nuint)bytes.Length };
                LibC.MessageHeader message = new() { Vectors = &vector, VectorCount = 1 };
                sent = LibC.SendMessage(_socket, &message, LibC.MSG_NOSIGNAL);
            }

            int errno = sent < 0 ? Marshal.GetLastPInvokeError() : 0;
            if (errno is not (0 or LibC.EINTR))
            {
                throw errno is LibC.EPIPE or LibC.ECONNRESET ? Ended() : Failure("cannot send");
            }

            bytes = bytes[(int)Math.Max(sent, 0)..];
        }
    }

    private byte[] Receive()
    {
        while (true)
        {
            if (_received.Length >= MessageFramer.FixedHeaderLength)
            {
                int length = LengthOf(_received);
                if (_received.Length >= length)
                {
                    byte[] message = _received[..length];
                    _received = _received[length..];
                    return message;
                }
            }

            Fill();
        }
    }

    /// <summary>Of a message of which the fixed part has come.</summary>
    private static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        WireReader reader = new(bytes, bytes[0] == (byte)'B');
        reader.ReadUInt32();
        uint body = reader.ReadUInt32();
        reader.ReadUInt32();
        uint fields = reader.ReadUInt32();
        return (int)(MessageFramer.FixedHeaderLength + ((fields + 7) & ~7u) + body);
    }

    private void Fill()
    {
        byte[] piece = new byte[ReadBytes];
        nint count;
        fixed (byte* start = piece)
        {
            do
            {
                count = LibC.Read(_socket, start, ReadBytes);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);
        }

        if (count <= 0)
        {
            throw count == 0 || Marshal.GetLastPInvokeError() == LibC.ECONNRESET ? Ended()
                : Marshal.GetLastPInvokeError() == LibC.EAGAIN ? new StartException($"{_address}: the bus does not answer")
                : Failure("cannot read");
        }

        _received = [.. _received, .. piece.AsSpan(0, (int)count)];
    }

    private StartException Ended() => new($"{_address}: the bus ended the connection");

    private StartException Failure(string what) => new($"{_address}: {what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
