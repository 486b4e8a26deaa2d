using XcpBroker.Load.Reports;
using XcpBroker.Load.Scenarios;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Interop;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Commands;

/// <summary>Starts brokers and measures them in turns, all on the CPU of this process.</summary>
internal static class CompareCommand
{
    private static readonly string[] Valued =
        ["--modes", "--runs", "--brokers", "--cpu", "--other-cpu", "--seconds", "--warm-up", "--xcp-arguments"];

    internal static int Execute(ReadOnlySpan<string> arguments)
    {
        Arguments given = new(arguments, Valued, ["--by-cpu", "--figures"]);
        LoadOptions basis = new()
        {
            Duration = given.Seconds("--seconds", 1),
            WarmUp = given.Seconds("--warm-up", 0.3),
            RateByCpu = given.Has("--by-cpu"),
        };
        IReadOnlyList<Scenario> all = Catalogue.All(basis);
        List<Scenario> wanted = [.. Choose(all, given.List("--modes", string.Join(',', Catalogue.Usual)))];
        List<Contestant> contestants = [.. given.List("--brokers", "xcp,dbus-broker,dbus-daemon").Select(Contestant.Named)];
        int cpu = given.Number("--cpu", CpuAffinity.Available - 1);
        CpuAffinity.Pin(cpu);
        List<Comparison> loads = [];
        List<Comparison> figures = [];
        foreach (Scenario scenario in wanted)
        {
            int brokerCpu = scenario.IsAcrossCpus ? given.Number("--other-cpu", cpu == 0 ? 1 : 0) : cpu;
            BrokerStart start = new() { Cpu = brokerCpu, Patience = TimeSpan.FromSeconds(20) };
            Comparison result = new Rounds(contestants, start, given.Number("--runs", 5), given.List("--xcp-arguments", "")).Measure(scenario);
            (scenario is LoadScenario && !given.Has("--figures") ? loads : figures).Add(result);
        }

        Print(loads, MarkdownTable.Loads);
        Print(figures, MarkdownTable.Figures);
        return 0;
    }

    private static IEnumerable<Scenario> Choose(IReadOnlyList<Scenario> all, string[] names)
    {
        foreach (string name in names)
        {
            List<Scenario> found = [.. all.Where(scenario => name == "all" || scenario.Name == name || Starts(scenario.Name, name))];
            if (found.Count == 0)
            {
                throw new ArgumentException($"no mode is called {name}: {string.Join(' ', all.Select(scenario => scenario.Name))}");
            }

            foreach (Scenario scenario in found)
            {
                yield return scenario;
            }
        }
    }

    private static bool Starts(string scenario, string pattern) =>
        pattern.EndsWith('*') && scenario.StartsWith(pattern[..^1], StringComparison.Ordinal);

    /// <summary>A table for each set of contestants that have the same reference.</summary>
    private static void Print(List<Comparison> comparisons, Func<IReadOnlyList<Comparison>, string> table)
    {
        foreach (IGrouping<string, Comparison> alike in comparisons.Where(row => row.Contestants.Count > 0).GroupBy(row => row.Reference))
        {
            Console.Out.WriteLine(table([.. alike]));
        }
    }
}
