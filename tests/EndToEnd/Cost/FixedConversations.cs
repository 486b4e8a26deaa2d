using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.EndToEnd.Cost;

/// <summary>Conversations whose cost is counted: always the same messages, so that a difference is the broker's.</summary>
internal sealed class FixedConversations : IDisposable
{
    /// <summary>Messages in one write where they are batched.</summary>
    internal const int Batch = 64;

    private const int Subscribers = 16;

    private readonly RawPeer _caller;
    private readonly RawPeer _callee;
    private readonly List<RawPeer> _subscribers = [];
    private readonly MessageBuilder _builder = new();

    internal FixedConversations(string address)
    {
        _caller = RawPeer.Connect(address);
        _callee = RawPeer.Connect(address);
        for (int i = 0; i < Subscribers; i++)
        {
            RawPeer subscriber = RawPeer.Connect(address);
            _ = subscriber.Call(RawPeer.Bus("AddMatch", "s"), static body => body.WriteString("type='signal',interface='org.xen.xcp.Cost1'"));
            _subscribers.Add(subscriber);
        }
    }

    public void Dispose()
    {
        _caller.Dispose();
        _callee.Dispose();
        _subscribers.ForEach(static peer => peer.Dispose());
    }

    /// <summary>Does what the name says.</summary>
    /// <returns>How many messages were delivered, or calls of the bus answered.</returns>
    internal int Run(string name, int rounds) => name switch
    {
        "ping-pong" => PingPong(rounds),
        "one-way, batched" => OneWay(rounds),
        "fan-out" => FanOut(rounds),
        "call of the bus" => Driver(rounds),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such conversation"),
    };

    private int PingPong(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            uint serial = _caller.NextSerial();
            _caller.Send(Call(_callee.UniqueName), serial);
            PeerMessage call = _callee.Receive();
            _callee.Send(new MessageFields { Type = MessageType.MethodReturn, Destination = call.Sender, ReplySerial = call.Serial }, _callee.NextSerial());
            _ = _caller.ReceiveReply(serial);
        }

        return 2 * rounds;
    }

    private int OneWay(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            List<byte> bytes = [];
            for (int j = 0; j < Batch; j++)
            {
                _builder.Begin(Call(_callee.UniqueName) with { Flags = MessageFlags.NoReplyExpected });
                bytes.AddRange(_builder.Finish(_caller.NextSerial()));
            }

            _ = _caller.Send([.. bytes]);
            for (int j = 0; j < Batch; j++)
            {
                _ = _callee.Receive();
            }
        }

        return rounds * Batch;
    }

    private int FanOut(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            _caller.Send(
                new MessageFields { Type = MessageType.Signal, Path = "/org/xen/xcp/cost", Interface = "org.xen.xcp.Cost1", Member = "Changed" }, _caller.NextSerial());
            _subscribers.ForEach(static peer => _ = peer.Receive());
        }

        return rounds * Subscribers;
    }

    private int Driver(int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            _ = _caller.Call(RawPeer.Bus("GetNameOwner", "s"), static body => body.WriteString("org.freedesktop.DBus"));
        }

        return rounds;
    }

    private static MessageFields Call(string destination) => new()
    {
        Type = MessageType.MethodCall,
        Destination = destination,
        Path = "/org/xen/xcp/cost",
        Interface = "org.xen.xcp.Cost1",
        Member = "Do",
    };
}
