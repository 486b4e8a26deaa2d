using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Scenarios;

/// <summary>Whether one more costs as much as the first: connections, names, match rules, disconnects, each in tenths.</summary>
/// <remarks>Broker CPU of the slowest and of the last tenth over that of the first: 1 is constant cost; a collection of garbage falls into one tenth.</remarks>
internal sealed record GrowthScenario(string Name, int Connections, int Names, int Rules) : Scenario(Name)
{
    private const int Tenths = 10;

    internal override bool WantsFreshBroker => true;

    internal override Measurement Run(Target target, BrokerProcess process)
    {
        List<RawPeer> peers = [];
        List<Figure> figures = [];
        try
        {
            Grow("connect", Connections, _ => peers.Add(target.Connect()));
            Grow("RequestName", Names, i => target.Call(peers[i % Connections], RawPeer.Bus("RequestName", "su"), body =>
            {
                body.WriteString($"org.example.Name{i}");
                body.WriteUInt32(4);
            }));
            Grow("AddMatch", Rules, i => target.Call(
                peers[i % Connections], RawPeer.Bus("AddMatch", "s"), body => body.WriteString(RuleKinds.Rule(RuleKinds.Mixed, i))));
            figures.Add(new Figure("RSS with all of it, MiB", process.Memory().RssBytes / 1048576.0));
            using RawPeer witness = target.Connect();
            Grow("disconnect", Connections, i =>
            {
                peers[i].Dispose();
                target.Call(witness, RawPeer.Bus("GetNameOwner", "s"), body => body.WriteString(witness.UniqueName));
            });
            return new Measurement(figures);
        }
        finally
        {
            peers.ForEach(peer => peer.Dispose());
        }

        void Grow(string what, int count, Action<int> one)
        {
            double[] tenths = new double[Tenths];
            for (int tenth = 0; tenth < Tenths; tenth++)
            {
                long before = process.Usage().CpuNanoseconds;
                for (int i = count * tenth / Tenths; i < count * (tenth + 1) / Tenths; i++)
                {
                    one(i);
                }

                tenths[tenth] = (process.Usage().CpuNanoseconds - before) / (double)count * Tenths;
            }

            figures.Add(new Figure($"{what}, CPU us each, first tenth of {count}", tenths[0] / 1000));
            figures.Add(new Figure($"{what}, slowest tenth over the first", tenths.Max() / tenths[0]));
            figures.Add(new Figure($"{what}, last tenth over the first", tenths[^1] / tenths[0]));
        }
    }
}
