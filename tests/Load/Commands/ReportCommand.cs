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
    private sealed record Part(string Modes, string Brokers, string? Plotted = null);

    private static readonly Part[] Parts =
    [
        new("usual", "xcp,dbus-broker,dbus-daemon,floor", "pingpong-0"),
        new("figures", "xcp,dbus-broker,dbus-daemon"),
        new("tcp", "xcp,dbus-daemon"),
        new("held", "xcp"),
        new("curves", "xcp,dbus-broker,dbus-daemon", "*"),
    ];

    internal static int Execute(ReadOnlySpan<string> arguments)
    {
        string documents = Path.Combine(Repository.Root, "docs");
        Arguments given = new(arguments, [.. Setup.Valued, "--page", "--images", "--parts"], Setup.Switches);
        Page page = new(given.Text("--page", Path.Combine(documents, "benchmarks.md")));
        string images = given.Text("--images", Path.Combine(documents, "images"));
        string[] wanted = given.List("--parts", string.Join(',', Parts.Select(part => part.Modes)));
        Setup setup = new(given);
        long started = TimeProvider.System.GetTimestamp();
        string machine = Machine.Describe();
        foreach (Part part in Parts.Where(part => wanted.Contains(part.Modes)))
        {
            Write(page, images, part, setup);
        }

        page.Replace("machine", string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {Machine.Version("dbus-broker")}, {Machine.Version("dbus-daemon")}; {machine}; `{Program} report {setup.Text}`, which took
            {TimeProvider.System.GetElapsedTime(started).TotalMinutes:0.0} minutes, ended {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC.
            """));
        return 0;
    }

    private static void Write(Page page, string images, Part part, Setup setup)
    {
        List<Contestant> contestants = [.. part.Brokers.Split(',').Select(Contestant.Named)];
        Results results = new(figuresOnly: false);
        Results plotted = new(figuresOnly: false);
        foreach (Scenario scenario in Catalogue.Choose(setup.Scenarios, [part.Modes]))
        {
            Comparison comparison = setup.Measure(scenario, contestants);
            results.Add(scenario, comparison);
            if (part.Plotted == "*" || part.Plotted == scenario.Name)
            {
                plotted.Add(scenario, comparison);
            }
        }

        string plots = part.Plotted is null ? "" : " --plots docs/images";
        page.Replace(part.Modes, $"`{Program} compare --modes {part.Modes} --brokers {part.Brokers} {setup.Text}{plots}`\n\n{results.Tables()}");
        plotted.SavePlots(images);
    }
}
