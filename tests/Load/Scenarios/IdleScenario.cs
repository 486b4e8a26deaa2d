using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Scenarios;

/// <summary>What connections that do nothing cost: memory each, and speed of a pair that talks beside them.</summary>
internal sealed record IdleScenario(string Name, int Connections, LoadOptions Options) : Scenario(Name)
{
    internal const string Memory = "memory, bytes per connection";
    internal const string RateShare = "ping-pong beside them, share of the rate alone";

    internal override bool WantsFreshBroker => true;

    internal override Measurement Run(Target target, BrokerProcess process)
    {
        Measurement alone = Meter.Run(target, Options);
        long before = MemoryAtRest(process).RssBytes;
        List<RawPeer> idle = [];
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                idle.Add(target.Connect());
            }

            long after = MemoryAtRest(process).RssBytes;
            Measurement beside = Meter.Run(target, Options);
            return new Measurement(
            [
                new Figure(Memory, (after - before) / (double)Connections),
                new Figure(RateShare, Share(beside, alone), HigherIsBetter: true),
            ]);
        }
        finally
        {
            idle.ForEach(peer => peer.Dispose());
        }
    }

    private static double Share(Measurement beside, Measurement alone) =>
        (beside[Measurement.Rate] ?? 0) / (alone[Measurement.Rate] ?? 1);
}
