using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Load.Engine;

/// <summary>A message that is sent again and again.</summary>
/// <param name="Bytes">The message, little-endian, with serial 1.</param>
/// <param name="BodyBytes">Length of its body.</param>
/// <param name="ReplySerialOffset">Where a method return holds the serial that it answers; 0 for others.</param>
internal sealed record Template(byte[] Bytes, uint BodyBytes, int ReplySerialOffset = 0)
{
    internal const string Path = "/org/example/load";
    internal const string Interface = "org.example.Load";
    internal const string SignalName = "Tick";
    private const string OneWayName = "Put";
    private const string Topic = "org.example.topic";
    private const uint Placeholder = 0x7e57ab1e;

    /// <summary>Header of a call of org.xen.xcp.Broker1.Post.</summary>
    internal static MessageFields PostCall => RawPeer.Bus("Post", "sssssv") with { Path = "/org/xen/xcp/broker", Interface = "org.xen.xcp.Broker1" };

    /// <summary>A call that is answered.</summary>
    /// <param name="destination">The callee's unique name.</param>
    /// <param name="payload">Bytes of an 'ay'; 0: no body.</param>
    internal static Template Request(string destination, int payload) =>
        Unicast(
            new MessageFields
            {
                Type = MessageType.MethodCall,
                Path = Path,
                Interface = Interface,
                Member = "Echo",
                Destination = destination,
            },
            payload);

    /// <summary>A call that is not answered.</summary>
    internal static Template OneWay(string destination, int payload) =>
        Unicast(
            new MessageFields
            {
                Type = MessageType.MethodCall,
                Flags = MessageFlags.NoReplyExpected,
                Path = Path,
                Interface = Interface,
                Member = OneWayName,
                Destination = destination,
            },
            payload);

    /// <summary>The answer to <see cref="Request"/>.</summary>
    internal static Template Reply(string destination, int payload)
    {
        MessageFields fields = new()
        {
            Type = MessageType.MethodReturn,
            Flags = MessageFlags.NoReplyExpected,
            ReplySerial = Placeholder,
            Destination = destination,
        };
        Template reply = Unicast(fields, payload);
        return reply with { ReplySerialOffset = reply.Bytes.AsSpan().IndexOf(BitConverter.GetBytes(Placeholder)) };
    }

    /// <summary>A broadcast with a topic as its first argument and an 'ay' behind it.</summary>
    internal static Template Broadcast(int payload) =>
        Build(
            new MessageFields { Type = MessageType.Signal, Path = Path, Interface = Interface, Member = SignalName, Signature = "say" },
            body =>
            {
                body.WriteString(Topic);
                body.WriteByteArray(new byte[payload]);
            });

    /// <summary>The first call of a connection.</summary>
    internal static Template Hello() => Build(RawPeer.Bus("Hello"), _ => { });

    /// <summary>A call of the bus itself: who owns this name?</summary>
    internal static Template OwnerQuestion(string name) =>
        Build(RawPeer.Bus("GetNameOwner", "s"), body => body.WriteString(name));

    /// <summary>A call of the bus that is answered when the message in it is on disk.</summary>
    internal static Template Post(string destination, int payload) => Build(PostCall, body => WritePost(body, destination, payload));

    /// <summary>The arguments of a Post, whose message is that of <see cref="OneWay"/>.</summary>
    /// <param name="body">Where they go.</param>
    /// <param name="destination">A well-known name that is declared durable.</param>
    /// <param name="payload">Bytes of the message's 'ay'.</param>
    internal static void WritePost(WireWriter body, string destination, int payload)
    {
        foreach (string text in new[] { destination, Path, Interface, OneWayName, "ay" })
        {
            body.WriteString(text);
        }

        body.WriteVariantSignature("ay");
        body.WriteByteArray(new byte[payload]);
    }

    private static Template Unicast(MessageFields fields, int payload) => payload == 0
        ? Build(fields, _ => { })
        : Build(fields with { Signature = "ay" }, body => body.WriteByteArray(new byte[payload]));

    private static Template Build(MessageFields fields, Action<WireWriter> body)
    {
        MessageBuilder builder = new();
        builder.Begin(fields);
        int start = builder.Body.Length;
        body(builder.Body);
        uint bodyBytes = (uint)(builder.Body.Length - start);
        return new Template(builder.Finish(1).ToArray(), bodyBytes);
    }
}
