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

    /// <summary>Sends without turning the loop.</summary>
    internal void Write(ReadOnlySpan<byte> bytes) => transport.Send(bytes);

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

    internal uint CallPeer(string destination, string member, params object[] arguments) =>
        CallOn(destination, "/a", "org.example.Interface", member, arguments);

    /// <summary>A broadcast of /a, org.example.Interface.</summary>
    internal uint Emit(string member, params object[] arguments) => Signal("/a", "org.example.Interface", member, arguments);

    internal uint EmitTo(string destination, string member, params object[] arguments) => Send(
        new MessageFields
        {
            Type = MessageType.Signal,
            Destination = destination,
            Path = "/a",
            Interface = "org.example.Interface",
            Member = member,
            Flags = MessageFlags.NoReplyExpected,
        },
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
        string signature = string.Concat(arguments.Select(argument => argument switch
        {
            string => "s",
            byte[] => "ay",
            string[] => "as",
            _ => "u",
        }));
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
                case string[] texts:
                    int array = _builder.Body.BeginArray(4);
                    foreach (string element in texts)
                    {
                        _builder.Body.WriteString(element);
                    }

                    _builder.Body.EndArray(array);
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

    /// <summary>As <see cref="Ask"/>, where an error is not what the test is about.</summary>
    internal PeerMessage AskWell(string member, params object[] arguments)
    {
        PeerMessage answer = Ask(member, arguments);
        return answer.ErrorName is null ? answer : throw new InvalidOperationException($"{member}: {answer}");
    }

    /// <summary>RequestName and its answer.</summary>
    internal uint RequestName(string name, uint flags = 0) => AskWell("RequestName", name, flags).Number();

    internal void AddMatch(string rule) => AskWell("AddMatch", rule);

    /// <summary>Everything that has come whole, as <see cref="MessageStory"/> tells it.</summary>
    internal List<string> Hear() => ReceiveAll().ConvertAll(MessageStory.Tell);

    /// <summary>Closes, which the broker is not told until <see cref="Close"/>; writing to it fails from now on.</summary>
    internal void Break() => transport.Break();

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
