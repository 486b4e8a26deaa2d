using XcpBroker.Load.Engine;

namespace XcpBroker.Load.Workloads;

/// <summary>Peers that call the bus itself; the window is calls without an answer.</summary>
/// <param name="target">The bus.</param>
/// <param name="options">How many, and how.</param>
/// <param name="call">What a peer of that unique name calls.</param>
internal sealed class DriverCalls(Target target, LoadOptions options, Func<string, Template> call) : MessageWorkload(target, options)
{
    private const byte Return = 2;
    private readonly List<Channel> _callers = [];
    private long _underWay;

    internal override bool IsDrained => _underWay == 0;

    internal override void Prepare()
    {
        for (int i = 0; i < Options.Pairs; i++)
        {
            Channel caller = Connect(i);
            caller.Outbound = new OutboundRing(call(caller.Peer.UniqueName));
            _callers.Add(caller);
        }
    }

    internal override void Start()
    {
        foreach (Channel caller in _callers)
        {
            _underWay += Options.Window;
            Open(caller);
        }
    }

    public override void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes)
    {
        if (type != Return)
        {
            throw new InvalidDataException($"the bus answered with a message of type {type}");
        }

        Delivered++;
        if (IsStopping)
        {
            _underWay--;
        }
        else
        {
            channel.Credit++;
        }
    }

    public override void OnReceived(Channel channel)
    {
        Lap(channel);

        Loop.Send(channel);
    }
}
