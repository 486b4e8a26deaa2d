using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Scenarios;

/// <summary>How long until the first Hello is answered, and what memory the broker holds then and with many connections.</summary>
internal sealed record StartUpScenario(string Name, int Connections) : Scenario(Name)
{
    internal const string UntilHello = "start-up to first Hello, ms";
    internal const string BareRss = "RSS after it, MiB";
    internal const string FullRss = "RSS with all connections, MiB";

    internal override bool WantsFreshBroker => true;

    internal override Measurement Run(Target target, BrokerProcess process)
    {
        long before = TimeProvider.System.GetTimestamp();
        using RawPeer first = target.Connect();
        TimeSpan untilHello = process.StartTime + TimeProvider.System.GetElapsedTime(before);
        MemoryUse bare = process.Memory();
        List<RawPeer> peers = [];
        try
        {
            for (int i = 0; i < Connections; i++)
            {
                peers.Add(target.Connect());
            }

            MemoryUse full = MemoryAtRest(process);
            return new Measurement(
            [
                new Figure(UntilHello, untilHello.TotalMilliseconds),
                new Figure(BareRss, bare.RssBytes / 1048576.0),
                new Figure("PSS after it, MiB", bare.PssBytes / 1048576.0),
                new Figure(FullRss, full.RssBytes / 1048576.0),
            ]);
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }
    }
}
