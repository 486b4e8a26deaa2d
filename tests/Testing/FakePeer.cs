using System.Buffers;
using System.Globalization;
using System.Text;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Transport;

namespace XcpBroker.Testing;

/// <summary>The far end of a connection to an <see cref="InMemoryBroker"/>. Sending and receiving turn the loop until it is idle.</summary>
internal sealed class FakePeer(InMemoryBroker broker, MemoryConnection.MemoryPeer transport)
{
    private readonly ArrayBufferWriter<byte> _received = new();
    private readonly MessageBuilder _builder = new();
    private uint _serial;

    internal string UniqueName { get; private set; } = "";

    /// <summary>Once the broker has closed and everything before it was taken.</summary>
    internal bool IsClosed { get; private set; }

    internal uint NextSerial() => ++_serial;

    internal void SendRaw(ReadOnlySpan<byte> bytes)
    {
        transport.Send(bytes);
        broker.Run();
    }

    /// <summary>Everything that has come and was not taken yet, as it came.</summary>
    internal byte[] ReceiveRaw()
    {
        Fill();
        byte[] all = _received.WrittenSpan.ToArray();
        _received.ResetWrittenCount();
        return all;
    }

    internal void Authenticate()
    {
        SendRaw("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        string answer = Encoding.ASCII.GetString(ReceiveRaw());
        if (!answer.StartsWith("DATA\r\nOK ", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"not authenticated: {answer}");
        }
    }

    /// <summary>Hello, its reply and NameAcquired.</summary>
    internal void Hello()
    {
        uint serial = Call("Hello");
        UniqueName = ReceiveReply(serial).FirstString!;
        _ = ReceiveAll();
    }

    /// <summary>Calls a method of the bus; the arguments are strings and uints.</summary>
    internal uint Call(string member, params object[] arguments) =>
        CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, arguments);

    internal uint CallOn(string destination, string path, string? @interface, string member, params object[] arguments) => Send(
        new MessageFields { Type = MessageType.MethodCall, Destination = destination, Path = path, Interface = @interface, Member = member },
        arguments);

    internal uint Signal(string path, string @interface, string member, params object[] arguments) => Send(
        new MessageFields { Type = MessageType.Signal, Path = path, Interface = @interface, Member = member, Flags = MessageFlags.NoReplyExpected },
        arguments);

    internal uint Reply(PeerMessage call, params object[] arguments) => Send(
        new MessageFields
        {
            Type = MessageType.MethodReturn,
            Destination = call.Sender,
            ReplySerial = call.Serial,
            Flags = MessageFlags.NoReplyExpected,
        },
        arguments);

    internal uint Send(MessageFields fields, params object[] arguments)
    {
        uint serial = NextSerial();
        SendRaw(Build(fields, serial, arguments));
        return serial;
    }

    internal byte[] Build(MessageFields fields, uint serial, params object[] arguments)
    {
        string signature = string.Concat(arguments.Select(argument => argument is string ? "s" : argument is byte[] ? "ay" : "u"));
        _builder.Begin(fields with { Signature = signature });
        foreach (object argument in arguments)
        {
            switch (argument)
            {
                case string text:
                    _builder.Body.WriteString(text);
                    break;
                case byte[] bytes:
                    _builder.Body.WriteByteArray(bytes);
                    break;
                default:
                    _builder.Body.WriteUInt32(Convert.ToUInt32(argument, CultureInfo.InvariantCulture));
                    break;
            }
        }

        return _builder.Finish(serial).ToArray();
    }

    /// <summary>All messages that have come whole.</summary>
    internal List<PeerMessage> ReceiveAll()
    {
        Fill();
        List<PeerMessage> messages = [];
        ReadOnlySpan<byte> rest = _received.WrittenSpan;
        while (rest.Length >= 16 && PeerMessage.Length(rest) <= rest.Length)
        {
            int length = PeerMessage.Length(rest);
            messages.Add(new PeerMessage(rest[..length].ToArray()));
            rest = rest[length..];
        }

        byte[] partial = rest.ToArray();
        _received.ResetWrittenCount();
        _received.Write(partial);
        return messages;
    }

    /// <summary>The one message that has come.</summary>
    internal PeerMessage Receive()
    {
        List<PeerMessage> messages = ReceiveAll();
        return messages.Count == 1
            ? messages[0]
            : throw new InvalidOperationException($"expected one message, got {messages.Count}: {string.Join("; ", messages)}");
    }

    internal PeerMessage ReceiveReply(uint serial) =>
        ReceiveAll().Single(message => message.ReplySerial == serial);

    /// <summary>Calls the bus and takes its answer; other messages that came before it are dropped.</summary>
    internal PeerMessage Ask(string member, params object[] arguments) => ReceiveReply(Call(member, arguments));

    internal void Close()
    {
        transport.Close();
        broker.Run();
    }

    private void Fill()
    {
        int before;
        do
        {
            before = _received.WrittenCount;
            IsClosed = !transport.Receive(_received);
            broker.Run();
        }
        while (_received.WrittenCount > before);
    }
}
