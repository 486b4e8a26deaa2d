using XcpBroker.Load.Engine;

namespace XcpBroker.Load.Workloads;

/// <summary>Pairs of a caller and a callee: each call is answered by a return of the same size; the window is calls without an answer.</summary>
internal sealed class PingPong(Target target, LoadOptions options) : MessageWorkload(target, options)
{
    private const byte Call = 1;
    private const byte Return = 2;
    private readonly List<Channel> _callers = [];
    private uint _body;
    private long _underWay;

    internal override bool IsDrained => _underWay == 0;

    internal override void Prepare()
    {
        for (int pair = 0; pair < Options.Pairs; pair++)
        {
            Channel caller = Connect(0);
            Channel callee = Connect(1);
            Template request = Template.Request(callee.Peer.UniqueName, Options.Size);
            _body = request.BodyBytes;
            caller.Outbound = new OutboundRing(request);
            callee.Outbound = new OutboundRing(Template.Reply(caller.Peer.UniqueName, Options.Size));
            _callers.Add(caller);
        }

        AddForeignRules();
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
        Delivered++;
        if (channel.Index == 1)
        {
            channel.Verify(Call, type, serial, _body, bodyBytes);
            channel.Credit++;
            return;
        }

        channel.Verify(Return, type, serial, _body, bodyBytes);
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
        if (channel.Index == 0)
        {
            Lap(channel);
        }

        Loop.Send(channel);
    }
}
