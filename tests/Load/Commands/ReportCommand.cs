using System.Globalization;
using XcpBroker.Load.Reports;
using XcpBroker.Load.Scenarios;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Commands;

/// <summary>Measures everything that docs/benchmarks.md shows, and writes it there, each table with the command that makes it alone.</summary>
internal static class ReportCommand
{
    private const string Program = "XcpBroker.Load";

    /// <summary>A part of the page.</summary>
    /// <param name="Modes">What it shows, as compare is told.</param>
    /// <param name="Brokers">Whom it compares.</param>
    /// <param name="Plotted">The mode that there is a picture of, if not all.</param>
    private sealed record Part(string Modes, string Brokers, string? Plotted = null)
    {
        /// <summary>Measured only when it is asked for.</summary>
        internal bool IsLong { get; init; }
    }

    private static readonly Part[] Parts =
    [
        new("usual", "xcp,dbus-broker,dbus-daemon,floor", "pingpong-0"),
        new("figures", "xcp,dbus-broker,dbus-daemon"),
        new("tcp", "xcp,dbus-daemon,floor"),
        new("held", "xcp"),
        new("curves", "xcp,dbus-broker,dbus-daemon", "*"),
        new("rules", "xcp,dbus-broker,dbus-daemon") { IsLong = true },
        new("growth", "xcp") { IsLong = true },
    ];

    internal static int Execute(ReadOnlySpan<string> arguments)
    {
        string documents = Path.Combine(Repository.Root, "docs");
        Arguments given = new(arguments, [.. Setup.Valued, "--page", "--images", "--parts"], Setup.Switches);
        Page page = new(given.Text("--page", Path.Combine(documents, "benchmarks.md")));
        string images = given.Text("--images", Path.Combine(documents, "images"));
        string[] wanted = given.List("--parts", string.Join(',', Parts.Where(part => !part.IsLong).Select(part => part.Modes)));
        Setup setup = new(given, seconds: 0.35, warmUp: 0.15);
        long started = TimeProvider.System.GetTimestamp();
        List<Comparison> measured = [];
        foreach (Part part in Parts.Where(part => wanted.Contains(part.Modes)))
        {
            measured.AddRange(Write(page, images, part, setup));
        }

        if (!given.Has("--parts"))
        {
            page.Replace("targets", Targets.Table(measured));
            double minutes = TimeProvider.System.GetElapsedTime(started).TotalMinutes;
            page.Replace("machine", string.Create(
                CultureInfo.InvariantCulture,
                $"""
                {Machine.Version("dbus-broker")}, {Machine.Version("dbus-daemon")}; {Machine.Processors()}.
                `{Program} report {setup.Text}` took {minutes:0.0} minutes.
                """));
        }

        return 0;
    }

    private static List<Comparison> Write(Page page, string images, Part part, Setup setup)
    {
        List<Contestant> contestants = [.. part.Brokers.Split(',').Select(Contestant.Named)];
        Results results = new(figuresOnly: false);
        Results plotted = new(figuresOnly: false);
        List<Comparison> all = [];
        foreach (Scenario scenario in Catalogue.Choose(setup.Scenarios, [part.Modes]))
        {
            Comparison comparison = setup.Measure(scenario, contestants);
            results.Add(scenario, comparison);
            all.Add(comparison);
            if (part.Plotted == "*" || part.Plotted == scenario.Name)
            {
                plotted.Add(scenario, comparison);
            }
        }

        string moment = Machine.Moment();
        string plots = part.Plotted is null ? "" : " --plots docs/images";
        string command = $"{Program} compare --modes {part.Modes} --brokers {part.Brokers} {setup.Text}{plots}";
        page.Replace(part.Modes, $"`{command}` ({moment})\n\n{results.Tables()}");
        plotted.SavePlots(images);
        return all;
    }
}
