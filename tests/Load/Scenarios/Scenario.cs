using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Scenarios;

/// <summary>A row of the comparison.</summary>
internal abstract record Scenario(string Name)
{
    /// <summary>Whether this contestant can take part.</summary>
    internal virtual bool Admits(Contestant contestant) => !contestant.IsForwarder;

    /// <summary>A broker of its own for each run, instead of one for all runs.</summary>
    internal virtual bool WantsFreshBroker => false;

    /// <summary>The broker on another CPU than the generator.</summary>
    internal virtual bool IsAcrossCpus => false;

    /// <summary>One run against a broker that serves.</summary>
    internal abstract Measurement Run(Target target, BrokerProcess process);
}

/// <summary>A load of messages or connections.</summary>
internal sealed record LoadScenario(string Name, LoadOptions Options) : Scenario(Name)
{
    internal bool CrossesCpus { get; init; }

    internal override bool IsAcrossCpus => CrossesCpus;

    internal override bool Admits(Contestant contestant) => !contestant.IsForwarder || (Options.Mode is "pingpong" or "oneway" && Options.Rules == 0);

    internal override Measurement Run(Target target, BrokerProcess process) => Meter.Run(target, Options);
}
