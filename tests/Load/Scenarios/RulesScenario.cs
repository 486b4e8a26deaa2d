using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Scenarios;

/// <summary>What rules that match nothing cost: the same load with them and without, in the same run.</summary>
internal sealed record RulesScenario(string Name, LoadOptions Options) : Scenario(Name)
{
    internal const string RateShare = "rate with 1000 rules beside, share of that without";

    internal override Measurement Run(Target target, BrokerProcess process)
    {
        Measurement without = Meter.Run(target, Options with { Rules = 0 });
        Measurement with = Meter.Run(target, Options);
        return new Measurement(
        [
            Share(RateShare, with, without, Measurement.Rate, higherIsBetter: true),
            Share("broker CPU with them over that without", with, without, Measurement.BrokerCpu, higherIsBetter: false),
        ]);
    }

    private static Figure Share(string name, Measurement with, Measurement without, string figure, bool higherIsBetter) =>
        new(name, (with[figure] ?? 0) / (without[figure] ?? 1), higherIsBetter);
}
