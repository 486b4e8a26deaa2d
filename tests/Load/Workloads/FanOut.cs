using XcpBroker.Load.Engine;

namespace XcpBroker.Load.Workloads;

/// <summary>One publisher, many subscribers; the window is broadcasts that have not reached all of them.</summary>
internal sealed class FanOut(Target target, LoadOptions options) : MessageWorkload(target, options)
{
    private const byte Signal = 4;
    private readonly int[] _missing = new int[options.Window];
    private Channel? _publisher;
    private uint _body;
    private long _underWay;

    internal override bool IsDrained => _underWay == 0;

    internal override void Prepare()
    {
        Template signal = Template.Broadcast(Options.Size);
        _body = signal.BodyBytes;
        _publisher = Connect(0);
        _publisher.Outbound = new OutboundRing(signal);
        for (int i = 0; i < Options.Subscribers; i++)
        {
            AddMatch(
                Connect(1).Peer,
                $"type='signal',path='{Template.Path}',interface='{Template.Interface}',member='{Template.SignalName}'");
        }

        AddForeignRules();
        Array.Fill(_missing, Options.Subscribers);
    }

    internal override void Start()
    {
        _underWay = Options.Window;
        Open(_publisher!);
    }

    public override void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes)
    {
        channel.Verify(Signal, type, serial, _body, bodyBytes);
        Delivered++;
        ref int missing = ref _missing[serial % (uint)_missing.Length];
        if (--missing > 0)
        {
            return;
        }

        missing = Options.Subscribers;
        if (IsStopping)
        {
            _underWay--;
        }
        else
        {
            _publisher!.Credit++;
        }
    }

    public override void OnReceived(Channel channel)
    {
        if (_publisher!.Credit == 0)
        {
            return;
        }

        Lap(_publisher);
        Loop.Send(_publisher);
    }
}
