using XcpBroker.Load.Engine;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Workloads;

/// <summary>A load of messages between authenticated peers; what arrives is checked to be what was sent, in order.</summary>
internal abstract class MessageWorkload(Target target, LoadOptions options) : Workload, IFrameSink
{
    private readonly List<RawPeer> _bystanders = [];

    private protected LoadOptions Options => options;

    private protected Loop Loop { get; } = new();

    public abstract void OnMessage(Channel channel, byte type, uint serial, uint bodyBytes);

    public abstract void OnReceived(Channel channel);

    internal override bool Turn() => Loop.Turn(StallMilliseconds);

    public override void Dispose()
    {
        Loop.Dispose();
        foreach (RawPeer bystander in _bystanders)
        {
            bystander.Dispose();
        }
    }

    private protected Channel Connect(int index)
    {
        Channel channel = new(target.Connect(options.AgreesOnFds), this, index) { Unbatched = options.Unbatched };
        Loop.Add(channel);
        return channel;
    }

    /// <summary>Remembers a round trip and starts the clock of the next.</summary>
    private protected void Lap(Channel channel)
    {
        if (options.Window > 1 || channel.Credit == 0)
        {
            return;
        }

        long now = TimeProvider.System.GetTimestamp();
        Latencies.Add(now - channel.SentAt);
        channel.SentAt = now;
    }

    /// <summary>Opens a channel's window.</summary>
    private protected void Open(Channel channel)
    {
        channel.Credit = options.Window;
        channel.SentAt = TimeProvider.System.GetTimestamp();
        Loop.Send(channel);
    }

    /// <summary>Ten connections beside the load hold rules that match none of it.</summary>
    private protected void AddForeignRules()
    {
        for (int i = 0; i < options.Rules; i++)
        {
            if (i < 10)
            {
                _bystanders.Add(target.Connect());
            }

            AddMatch(_bystanders[i % 10], RuleKinds.Rule(options.RuleKind, i));
        }
    }

    private protected void AddMatch(RawPeer peer, string rule)
    {
        if (!target.IsFloor)
        {
            target.Call(peer, RawPeer.Bus("AddMatch", "s"), body => body.WriteString(rule));
        }
    }
}
