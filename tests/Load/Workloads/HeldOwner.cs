using XcpBroker.Load.Engine;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Load.Workloads;

/// <summary>Takes a well-known name and gets what has waited for it; checks that as many as are awaited are what was sent, in order.</summary>
internal sealed class HeldOwner : IFrameSink, IDisposable
{
    private const byte Call = 1;
    private const uint PrimaryOwner = 4;
    private readonly Loop _loop = new();
    private readonly Channel _channel;
    private readonly uint _body;
    private long _awaited;

    /// <param name="target">The bus.</param>
    /// <param name="size">Bytes of the messages' 'ay', above 0: a call without a body is the bus's Ping, which asks what has been read.</param>
    internal HeldOwner(Target target, int size)
    {
        _body = Template.OneWay("", size).BodyBytes;
        _channel = new Channel(target.Connect(), this, 0);
        _loop.Add(_channel);
    }

    /// <summary>Messages so far.</summary>
    internal long Delivered { get; private set; }

    /// <summary>When the first one came, in timestamps of the system's TimeProvider.</summary>
    internal long FirstAt { get; private set; }

    /// <summary>Requests the name; returns when so many messages have come.</summary>
    /// <exception cref="TimeoutException">No more come.</exception>
    internal void Receive(string name, int count)
    {
        _awaited = count;
        _channel.Peer.Send(RawPeer.Bus("RequestName", "su"), _channel.Peer.NextSerial(), body =>
        {
            body.WriteString(name);
            body.WriteUInt32(PrimaryOwner);
        });
        while (Delivered < count)
        {
            if (!_loop.Turn(Workload.StallMilliseconds))
            {
                throw new TimeoutException($"no more come, {Delivered} of {count} so far");
            }
        }
    }

    public void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes)
    {
        if (type == Call && bodyBytes == 0)
        {
            MessageFields answer = new() { Type = MessageType.MethodReturn, ReplySerial = serial, Destination = "org.freedesktop.DBus" };
            channel.Peer.Send(answer, channel.Peer.NextSerial());
        }
        else if (type == Call && Delivered < _awaited)
        {
            channel.Verify(Call, type, serial, _body, bodyBytes);
            FirstAt = Delivered++ == 0 ? TimeProvider.System.GetTimestamp() : FirstAt;
        }
    }

    public void OnReceived(Channel channel)
    {
    }

    public void Dispose() => _loop.Dispose();
}
