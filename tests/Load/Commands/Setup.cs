using System.Globalization;
using XcpBroker.Load.Reports;
using XcpBroker.Load.Scenarios;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Interop;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Commands;

/// <summary>How a comparison is measured: on which CPU, how often, for how long.</summary>
internal sealed class Setup
{
    /// <summary>The options with a value that the constructor reads.</summary>
    internal static readonly string[] Valued = ["--runs", "--cpu", "--other-cpu", "--seconds", "--warm-up", "--xcp-arguments"];

    /// <summary>Those without.</summary>
    internal static readonly string[] Switches = ["--by-cpu"];

    private readonly int _runs;
    private readonly int _cpu;
    private readonly int _otherCpu;
    private readonly string[] _ownArguments;
    private readonly LoadOptions _basis;

    /// <summary>Also ties the generator to its CPU.</summary>
    /// <param name="given">Of the command line.</param>
    /// <param name="seconds">How long a run is measured, if that does not say.</param>
    /// <param name="warmUp">How long it runs before, likewise.</param>
    internal Setup(Arguments given, double seconds, double warmUp)
    {
        _runs = given.Number("--runs", 5);
        _cpu = given.Number("--cpu", CpuAffinity.Available - 1);
        _otherCpu = given.Number("--other-cpu", _cpu == 0 ? 1 : 0);
        _ownArguments = given.List("--xcp-arguments", "");
        _basis = new LoadOptions
        {
            Duration = given.Seconds("--seconds", seconds),
            WarmUp = given.Seconds("--warm-up", warmUp),
            RateByCpu = given.Has("--by-cpu"),
        };
        Scenarios = Catalogue.All(_basis);
        CpuAffinity.Pin(_cpu);
    }

    /// <summary>All there are, of these lengths.</summary>
    internal IReadOnlyList<Scenario> Scenarios { get; }

    /// <summary>The options that say the same.</summary>
    internal string Text => string.Create(
        CultureInfo.InvariantCulture,
        $"--runs {_runs} --seconds {_basis.Duration.TotalSeconds} --warm-up {_basis.WarmUp.TotalSeconds}{(_basis.RateByCpu ? " --by-cpu" : "")}");

    internal Comparison Measure(Scenario scenario, IReadOnlyList<Contestant> contestants)
    {
        BrokerStart start = new() { Cpu = scenario.IsAcrossCpus ? _otherCpu : _cpu, Patience = TimeSpan.FromSeconds(20) };
        return new Rounds(contestants, start, _runs, _ownArguments).Measure(scenario);
    }
}
