using XcpBroker.Load.Scenarios;

namespace XcpBroker.Load.Commands;

/// <summary>Starts brokers and measures them in turns, all on the CPU of this process.</summary>
internal static class CompareCommand
{
    internal static int Execute(ReadOnlySpan<string> arguments)
    {
        Arguments given = new(arguments, [.. Setup.Valued, "--modes", "--brokers", "--plots"], [.. Setup.Switches, "--figures"]);
        Setup setup = new(given, seconds: 1, warmUp: 0.3);
        List<Scenario> wanted = [.. Catalogue.Choose(setup.Scenarios, given.List("--modes", "usual,figures"))];
        List<Contestant> contestants = [.. given.List("--brokers", "xcp,dbus-broker,dbus-daemon").Select(Contestant.Named)];
        Results results = new(given.Has("--figures"));
        foreach (Scenario scenario in wanted)
        {
            results.Add(scenario, setup.Measure(scenario, contestants));
        }

        Console.Out.Write(results.Tables());
        if (given.Has("--plots"))
        {
            results.SavePlots(given.Text("--plots"));
        }

        return 0;
    }
}
