using XcpBroker.Load.Floor;
using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Scenarios;

/// <summary>A row of the comparison.</summary>
internal abstract record Scenario(string Name)
{
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(2.5);

    /// <summary>The contestant to whom the others' ratios are.</summary>
    internal virtual string Reference => Contestant.DbusBroker;

    /// <summary>A broker of its own for each run, instead of one for all runs.</summary>
    internal virtual bool WantsFreshBroker => false;

    /// <summary>The broker on another CPU than the generator.</summary>
    internal virtual bool IsAcrossCpus => false;

    /// <summary>Whether this contestant can take part.</summary>
    internal virtual bool Admits(Contestant contestant) => !contestant.IsFloor;

    /// <summary>How its brokers are started.</summary>
    internal virtual BrokerStart Configure(BrokerStart start, Contestant contestant) => start;

    /// <summary>One run against a broker that serves.</summary>
    internal abstract Measurement Run(Target target, BrokerProcess process);

    /// <summary>Memory of a broker that nobody has asked for anything for a while.</summary>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    protected static MemoryUse MemoryAtRest(BrokerProcess process) =>
        process.WaitForExit(SettlingTime) ? throw new InvalidOperationException($"{process.Name} has ended") : process.Memory();
}

/// <summary>A load of messages or connections.</summary>
internal sealed record LoadScenario(string Name, LoadOptions Options) : Scenario(Name)
{
    /// <summary>The broker on another CPU than the generator.</summary>
    internal bool CrossesCpus { get; init; }

    /// <summary>The load goes over TCP, which of the other brokers dbus-daemon alone has.</summary>
    internal bool OverTcp { get; init; }

    /// <summary>What xcp-broker gets on its command line.</summary>
    internal string[] OwnArguments { get; init; } = [];

    internal override string Reference => OverTcp ? Contestant.DbusDaemon : base.Reference;

    internal override bool IsAcrossCpus => CrossesCpus;

    internal override bool Admits(Contestant contestant) => contestant switch
    {
        { IsFloor: true } => FloorProcess.Mode(Options) is not null,
        { Name: Contestant.DbusBroker } => !OverTcp,
        _ => true,
    };

    internal override BrokerStart Configure(BrokerStart start, Contestant contestant) => start with
    {
        OverTcp = OverTcp,
        ExtraArguments = contestant switch
        {
            { IsOurs: true } => [.. start.ExtraArguments, .. OwnArguments],
            { IsFloor: true } => [FloorProcess.Mode(Options)!],
            _ => start.ExtraArguments,
        },
    };

    internal override Measurement Run(Target target, BrokerProcess process) => Meter.Run(target, Options);
}
