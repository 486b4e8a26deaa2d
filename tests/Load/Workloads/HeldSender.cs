using XcpBroker.Load.Engine;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Workloads;

/// <summary>Sends one-way calls to a well-known name, as fast as the bus reads them; nothing comes back.</summary>
internal sealed class HeldSender : IFrameSink, IDisposable
{
    private readonly Loop _loop = new();
    private readonly Target _target;
    private readonly Channel _channel;
    private readonly string _destination;
    private readonly int _size;

    internal HeldSender(Target target, string destination, int size)
    {
        (_target, _destination, _size) = (target, destination, size);
        _channel = new Channel(target.Connect(), this, 0) { Outbound = new OutboundRing(Template.OneWay(destination, size)) };
        _loop.Add(_channel);
    }

    /// <summary>Sends so many; returns when the bus has read all of them, since it answers a call behind them.</summary>
    /// <exception cref="TimeoutException">It reads no more.</exception>
    internal void Send(int count)
    {
        _channel.Credit = count;
        _loop.Send(_channel);
        while (_channel.IsBlocked)
        {
            if (!_loop.Turn(Workload.StallMilliseconds))
            {
                throw new TimeoutException("the bus reads no more");
            }
        }

        _target.Call(_channel.Peer, RawPeer.Bus("GetId"), _ => { });
    }

    /// <summary>Posts one more; returns when it, and so everything before it, is on disk.</summary>
    internal void Post() => _target.Call(_channel.Peer, Template.PostCall, body => Template.WritePost(body, _destination, _size));

    public void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes) =>
        throw new InvalidDataException($"a message of type {type} came for who only sends");

    public void OnReceived(Channel channel)
    {
    }

    public void Dispose() => _loop.Dispose();
}
