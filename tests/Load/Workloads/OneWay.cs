using XcpBroker.Load.Engine;

namespace XcpBroker.Load.Workloads;

/// <summary>Pairs of a sender and a receiver: calls that expect no reply; the window is messages sent and not yet received.</summary>
internal sealed class OneWay(Target target, LoadOptions options) : MessageWorkload(target, options)
{
    private const byte Call = 1;
    private readonly List<Channel> _senders = [];
    private uint _body;
    private long _underWay;

    internal override bool IsDrained => _underWay == 0;

    internal override void Prepare()
    {
        for (int pair = 0; pair < Options.Pairs; pair++)
        {
            Channel sender = Connect(pair);
            Channel receiver = Connect(pair);
            Template message = Template.OneWay(receiver.Peer.UniqueName, Options.Size);
            _body = message.BodyBytes;
            sender.Outbound = new OutboundRing(message);
            _senders.Add(sender);
        }

        AddForeignRules();
    }

    internal override void Start()
    {
        foreach (Channel sender in _senders)
        {
            _underWay += Options.Window;
            Open(sender);
        }
    }

    public override void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes)
    {
        channel.Verify(Call, type, serial, _body, bodyBytes);
        Delivered++;
        if (IsStopping)
        {
            _underWay--;
        }
        else
        {
            _senders[channel.Index].Credit++;
        }
    }

    public override void OnReceived(Channel channel) => Loop.Send(_senders[channel.Index]);
}
