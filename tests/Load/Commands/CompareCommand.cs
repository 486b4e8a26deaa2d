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
            Comparison result = Measure(scenario, contestants, start, given.Number("--runs", 5), given.List("--xcp-arguments", ""));
            (scenario is LoadScenario && !given.Has("--figures") ? loads : figures).Add(result);
        }

        List<string> names = [.. contestants.Select(contestant => contestant.Name)];
        Print(loads, MarkdownTable.Loads(loads, names, Contestant.Reference));
        Print(figures, MarkdownTable.Figures(figures, names, Contestant.Reference));
        return 0;
    }

    /// <summary>Rounds in which each contestant has one run; who is first changes from round to round.</summary>
    private static Comparison Measure(
        Scenario scenario,
        IReadOnlyList<Contestant> contestants,
        BrokerStart start,
        int runs,
        string[] ownArguments)
    {
        Comparison comparison = new(scenario.Name, [.. contestants.Select(contestant => contestant.Name)]);
        List<Contestant> taking = [.. contestants.Where(scenario.Admits)];
        Dictionary<string, BrokerProcess> running = [];
        try
        {
            for (int round = scenario.WantsFreshBroker ? -1 : 0; round < runs; round++)
            {
                for (int turn = 0; turn < taking.Count; turn++)
                {
                    Contestant contestant = taking[(turn + Math.Max(0, round)) % taking.Count];
                    BrokerStart own = contestant.Name == "xcp-broker" ? start with { ExtraArguments = ownArguments } : start;
                    Console.Error.Write($"\r{scenario.Name} {round + 1}/{runs} {contestant.Name}            ");
                    if (!running.TryGetValue(contestant.Name, out BrokerProcess? process))
                    {
                        running.Add(contestant.Name, process = contestant.Start(own));
                    }

                    Measurement measured = scenario.Run(contestant.Target(process), process);
                    if (round >= 0)
                    {
                        comparison.Add(contestant.Name, measured);
                    }

                    if (scenario.WantsFreshBroker)
                    {
                        _ = running.Remove(contestant.Name);
                        process.Dispose();
                    }
                }
            }
        }
        finally
        {
            foreach (BrokerProcess process in running.Values)
            {
                process.Dispose();
            }

            Console.Error.Write("\r\n");
        }

        return comparison;
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

    private static void Print(List<Comparison> comparisons, string table)
    {
        if (comparisons.Count > 0)
        {
            Console.Out.WriteLine(table);
        }
    }
}
