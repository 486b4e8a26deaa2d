using XcpBroker.Load.Workloads;

namespace XcpBroker.Load.Scenarios;

/// <summary>The rows that a comparison can have, in the order of the table.</summary>
internal static class Catalogue
{
    private const int Kibi = 1024;

    /// <summary>All rows, for as long as the basis says.</summary>
    internal static IReadOnlyList<Scenario> All(LoadOptions basis)
    {
        List<Scenario> all = [];
        LoadOptions pingPong = basis with { Mode = "pingpong" };
        Load("pingpong-0", pingPong);
        Load("pingpong-1k", pingPong with { Size = Kibi });
        Load("pingpong-16k", pingPong with { Size = 16 * Kibi });
        Load("pingpong-0-fds", pingPong with { AgreesOnFds = true });
        Load("pairs128-w1", pingPong with { Pairs = 128 });
        Load("pairs128-w8", pingPong with { Pairs = 128, Window = 8 });
        Load("pairs128-w8-unbatched", pingPong with { Pairs = 128, Window = 8, Unbatched = true });
        Load("pairs512-w1", pingPong with { Pairs = 512 });
        LoadOptions oneWay = basis with { Mode = "oneway", Window = 256 };
        Load("oneway-0", oneWay);
        Load("oneway-0-unbatched", oneWay with { Unbatched = true });
        Load("oneway-64", oneWay with { Size = 64 });
        Load("oneway-64-unbatched", oneWay with { Size = 64, Unbatched = true });
        Load("oneway-1k", oneWay with { Size = Kibi });
        Load("oneway-1k-unbatched", oneWay with { Size = Kibi, Unbatched = true });
        Load("oneway-16k", oneWay with { Size = 16 * Kibi, Window = 32 });
        Load("oneway-64k", oneWay with { Size = 64 * Kibi, Window = 16 });
        Load("oneway-1m", oneWay with { Size = Kibi * Kibi, Window = 4 });
        LoadOptions fanOut = basis with { Mode = "fanout" };
        foreach (int subscribers in new[] { 1, 16, 256 })
        {
            Load($"fanout{subscribers}-w1", fanOut with { Subscribers = subscribers });
            Load($"fanout{subscribers}-w16", fanOut with { Subscribers = subscribers, Window = 16 });
            Load($"fanout{subscribers}-w16-unbatched", fanOut with { Subscribers = subscribers, Window = 16, Unbatched = true });
        }

        Load("fanout16-w1-fds", fanOut with { AgreesOnFds = true });
        Load("fanout16-w1-rules", fanOut with { Rules = 1000 });

        Load("connect-stepwise", basis with { Mode = "connect", Stepwise = true });
        Load("connect-pipelined", basis with { Mode = "connect" });
        Load("connect-pipelined-64", basis with { Mode = "connect", Pairs = 64 });
        Load("driver-w1", basis with { Mode = "driver" });
        Load("driver-w64", basis with { Mode = "driver", Window = 64 });
        Load("flood", basis with { Mode = "flood" });
        Load("flood-20k/s", basis with { Mode = "flood", FloodRate = 20_000 });
        LoadOptions acrossCpus = pingPong with { RateByCpu = false };
        all.Add(new LoadScenario("pingpong-0-cross-cpu", acrossCpus) { CrossesCpus = true });
        all.Add(new LoadScenario("pingpong-0-cross-cpu-busy-poll", acrossCpus) { CrossesCpus = true, OwnArguments = ["--busy-poll=50"] });
        foreach ((string name, LoadOptions options) in OverTcp(pingPong, oneWay))
        {
            all.Add(new LoadScenario(name, options) { OverTcp = true });
        }

        foreach (string kind in RuleKinds.All.Prepend(RuleKinds.Mixed))
        {
            all.Add(new RulesScenario($"rules-{kind}", fanOut with { Rules = 1000, RuleKind = kind }));
        }

        all.Add(new StartUpScenario("start-up", 1000));
        all.Add(new IdleScenario("idle-10000", 10_000, pingPong));
        all.Add(new GrowthScenario("growth-1000", 1000, 10_000, 20_000));
        all.Add(new GrowthScenario("growth-18000", 18_000, 100_000, 500_000));
        all.Add(new BufferScenario("held-buffer", 200_000, basis.RateByCpu));
        all.Add(new PostScenario("held-post-w1", basis));
        all.Add(new PostScenario("held-post-w64", basis with { Window = 64 }));
        all.Add(new ReplayScenario("held-replay", 100_000));
        int[] counts = [0, 10, 100, 1000, 10_000];
        all.Add(new RuleCurve("cost-by-rules", counts, fanOut));
        all.Add(new ConnectionCurve("cost-by-connections", counts, pingPong));
        return all;

        void Load(string name, LoadOptions options) => all.Add(new LoadScenario(name, options));
    }

    private static IEnumerable<(string Name, LoadOptions Options)> OverTcp(LoadOptions pingPong, LoadOptions oneWay) =>
    [
        ("tcp-pingpong-0", pingPong),
        ("tcp-pingpong-1k", pingPong with { Size = Kibi }),
        ("tcp-oneway-1k", oneWay with { Size = Kibi }),
        ("tcp-oneway-1k-unbatched", oneWay with { Size = Kibi, Unbatched = true }),
        ("tcp-oneway-16k", oneWay with { Size = 16 * Kibi, Window = 32 }),
        ("tcp-oneway-16k-unbatched", oneWay with { Size = 16 * Kibi, Window = 32, Unbatched = true }),
    ];

    /// <summary>Rows that go together, by a name for them: <c>usual</c> and <c>figures</c> are short enough for every day.</summary>
    private static readonly Dictionary<string, string[]> Sets = new()
    {
        ["usual"] =
        [
            "pingpong-0", "pingpong-1k", "pingpong-16k", "pingpong-0-fds", "pairs128-w1", "pairs128-w8", "pairs128-w8-unbatched", "oneway-0",
            "oneway-64-unbatched", "oneway-1k", "oneway-1k-unbatched", "oneway-16k", "oneway-64k", "oneway-1m", "fanout1-w1", "fanout16-w1",
            "fanout16-w1-fds", "fanout16-w16", "fanout16-w16-unbatched", "fanout16-w1-rules", "fanout256-w1", "connect-stepwise", "connect-pipelined",
            "driver-w1", "driver-w64", "flood", "flood-20k/s", "pingpong-0-cross-cpu", "pingpong-0-cross-cpu-busy-poll",
        ],
        ["figures"] = ["rules-mixed", "start-up", "idle-10000"],
        ["tcp"] = ["tcp-*"],
        ["held"] = ["held-*"],
        ["curves"] = ["cost-by-*"],
        ["rules"] = ["rules-*"],
        ["growth"] = ["growth-18000"],
    };

    /// <summary>The rows that are named: by their own name, the beginning of one with * behind it, the name of a set, or all.</summary>
    /// <exception cref="ArgumentException">Nothing is called that.</exception>
    internal static IEnumerable<Scenario> Choose(IReadOnlyList<Scenario> all, string[] names)
    {
        foreach (string name in names.SelectMany(name => Sets.GetValueOrDefault(name) ?? [name]))
        {
            List<Scenario> found = [.. all.Where(scenario => name == "all" || scenario.Name == name || Starts(scenario.Name, name))];
            if (found.Count == 0)
            {
                throw new ArgumentException(
                    $"no mode is called {name}: {string.Join(' ', Sets.Keys)} all, or {string.Join(' ', all.Select(scenario => scenario.Name))}");
            }

            foreach (Scenario scenario in found)
            {
                yield return scenario;
            }
        }
    }

    private static bool Starts(string scenario, string pattern) =>
        pattern.EndsWith('*') && scenario.StartsWith(pattern[..^1], StringComparison.Ordinal);
}
