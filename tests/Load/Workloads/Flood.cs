using XcpBroker.Load.Engine;

namespace XcpBroker.Load.Workloads;

/// <summary>One pair plays ping-pong, window 1, while another peer floods a third that reads all of it; only the ping-pong is counted.</summary>
internal sealed class Flood(Target target, LoadOptions options) : MessageWorkload(target, options with { Window = 1 })
{
    private const byte Call = 1;
    private const byte Return = 2;
    private const int Caller = 0;
    private const int Callee = 1;
    private const int Sink = 2;
    private const int BurstMessages = 4096;
    private Channel? _caller;
    private Channel? _flooder;
    private uint _body;
    private long _started;
    private long _granted;
    private bool _isAnswered;

    /// <summary>Messages of the flood that arrived.</summary>
    internal long Flooded { get; private set; }

    internal override bool IsDrained => _isAnswered && _flooder!.Outbound!.Queued == Flooded;

    internal override void Prepare()
    {
        _caller = Connect(Caller);
        Channel callee = Connect(Callee);
        _flooder = Connect(Sink + 1);
        Channel sink = Connect(Sink);
        Template request = Template.Request(callee.Peer.UniqueName, Options.Size);
        _body = request.BodyBytes;
        _caller.Outbound = new OutboundRing(request);
        callee.Outbound = new OutboundRing(Template.Reply(_caller.Peer.UniqueName, Options.Size));
        _flooder.Outbound = new OutboundRing(Template.OneWay(sink.Peer.UniqueName, Options.Size));
    }

    internal override void Start()
    {
        _started = TimeProvider.System.GetTimestamp();
        Open(_caller!);
    }

    /// <summary>Each turn the flooder sends what the kernel or the rate allows.</summary>
    internal override bool Turn()
    {
        if (!IsStopping && !_flooder!.IsBlocked)
        {
            if (Options.FloodRate == 0)
            {
                _flooder.Credit = BurstMessages;
                Loop.Send(_flooder);
                _flooder.Credit = 0;
            }
            else
            {
                long due = (long)(TimeProvider.System.GetElapsedTime(_started).TotalSeconds * Options.FloodRate) - _granted;
                _granted += due;
                _flooder.Credit += due;
                Loop.Send(_flooder);
            }
        }

        return Loop.Turn(StallMilliseconds);
    }

    public override void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes)
    {
        if (channel.Index == Sink)
        {
            channel.Verify(Call, type, serial, _body, bodyBytes);
            Flooded++;
            return;
        }

        channel.Verify(channel.Index == Caller ? Return : Call, type, serial, _body, bodyBytes);
        Delivered++;
        if (channel.Index == Callee || !IsStopping)
        {
            channel.Credit++;
        }
        else
        {
            _isAnswered = true;
        }
    }

    public override void OnReceived(Channel channel)
    {
        if (channel.Index == Sink)
        {
            return;
        }

        if (channel.Index == Caller)
        {
            Lap(channel);
        }

        Loop.Send(channel);
    }
}
