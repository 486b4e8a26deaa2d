using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Scenarios;

/// <summary>What a message costs the broker, against how many of something that takes no part in it are there.</summary>
/// <param name="Name">The row.</param>
/// <param name="What">What they are.</param>
/// <param name="Counts">How many, rising.</param>
internal abstract record CurveScenario(string Name, string What, IReadOnlyList<int> Counts) : Scenario(Name)
{
    /// <summary>The figure at one count, nanoseconds.</summary>
    internal string FigureName(int count) => $"broker CPU, ns/message, {count} {What}";

    private protected Figure Cost(int count, Measurement measured) =>
        new(FigureName(count), measured[Measurement.BrokerCpu] ?? throw new InvalidDataException("the broker's process is not known"));
}

/// <summary>Against match rules of ten other connections, of all kinds, that match nothing.</summary>
internal sealed record RuleCurve(string Name, IReadOnlyList<int> Counts, LoadOptions Options) : CurveScenario(Name, "rules", Counts)
{
    internal override Measurement Run(Target target, BrokerProcess process) =>
        new([.. Counts.Select(count => Cost(count, Meter.Run(target, Options with { Rules = count })))]);
}

/// <summary>Against connections that do nothing.</summary>
internal sealed record ConnectionCurve(string Name, IReadOnlyList<int> Counts, LoadOptions Options) : CurveScenario(Name, "connections", Counts)
{
    internal override Measurement Run(Target target, BrokerProcess process)
    {
        List<RawPeer> idle = [];
        List<Figure> figures = [];
        try
        {
            foreach (int count in Counts)
            {
                while (idle.Count < count)
                {
                    idle.Add(target.Connect());
                }

                figures.Add(Cost(count, Meter.Run(target, Options)));
            }

            return new Measurement(figures);
        }
        finally
        {
            idle.ForEach(peer => peer.Dispose());
        }
    }
}
