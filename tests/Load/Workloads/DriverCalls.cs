using XcpBroker.Load.Engine;

namespace XcpBroker.Load.Workloads;

/// <summary>Peers that ask the bus who owns a name; the window is questions without an answer.</summary>
internal sealed class DriverCalls(Target target, LoadOptions options) : MessageWorkload(target, options)
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
            caller.Outbound = new OutboundRing(Template.OwnerQuestion(caller.Peer.UniqueName));
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
            throw new InvalidDataException($"GetNameOwner was answered by a message of type {type}");
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
