using System.Globalization;
using System.Text;
using XcpBroker.Load.Reports;

namespace XcpBroker.Load.Scenarios;

/// <summary>What xcp-broker is meant to reach, beside what was measured.</summary>
internal static class Targets
{
    /// <summary>One of them.</summary>
    /// <param name="Scenario">The row.</param>
    /// <param name="Figure">What of it.</param>
    /// <param name="Least">The least value.</param>
    /// <param name="IsMost">It is the largest instead.</param>
    private sealed record Aim(string Scenario, string Figure, double Least, bool IsMost = false)
    {
        /// <summary>To whom the value is a ratio, turned so that above 1 is better; null: it is the figure itself.</summary>
        internal string? RatioTo { get; init; } = Contestant.DbusBroker;
    }

    /// <summary>p99 at most 0.65 of dbus-broker's.</summary>
    private const double TailRatio = 1 / 0.65;

    private static readonly Aim[] All =
    [
        .. Load("pingpong-0", 1.35, 1.65, TailRatio),
        .. Load("pingpong-1k", 1.35, 1.65, TailRatio),
        .. Load("pingpong-16k", 1.25, 1.5),
        .. Load("pairs128-w1", 1.6, 2.0),
        .. Load("pairs128-w8", 5, 7),
        .. Load("pairs128-w8-unbatched", 1.95, 2.8),
        .. Load("oneway-0", 20),
        .. Load("oneway-64-unbatched", 2.3),
        .. Load("oneway-1k", 12),
        .. Load("oneway-1k-unbatched", 9),
        .. Load("oneway-16k", 2.0),
        .. Load("oneway-64k", 1.05),
        .. Load("oneway-1m", 1.05),
        .. Load("fanout1-w1", 1.4),
        .. Load("fanout16-w1", 1.4),
        .. Load("fanout256-w1", 1.25),
        .. Load("fanout16-w16", 7),
        .. Load("fanout16-w16-unbatched", 3.3),
        .. Load("connect-stepwise", 1.1),
        .. Load("connect-pipelined", 1.4),
        .. Load("driver-w1", 1.4),
        .. Load("driver-w64", 15),
        .. Load("pingpong-0-cross-cpu-busy-poll", 1.2),
        new("flood", Measurement.Tail, 1),
        new("flood-20k/s", Measurement.Tail, 1),
        new("rules-mixed", RulesScenario.RateShare, 0.97) { RatioTo = null },
        new("start-up", StartUpScenario.UntilHello, 0.5),
        new("start-up", StartUpScenario.BareRss, 11, IsMost: true) { RatioTo = null },
        new("start-up", StartUpScenario.FullRss, 1) { RatioTo = Contestant.DbusDaemon },
        new("idle-10000", IdleScenario.Memory, 4),
        new("idle-10000", IdleScenario.RateShare, 0.97) { RatioTo = null },
    ];

    /// <summary>A row for each target that something was measured for.</summary>
    internal static string Table(IReadOnlyCollection<Comparison> measured)
    {
        StringBuilder table = new("| mode | figure | target | measured | | floor |\n| --- | --- | --- | --- | --- | --- |\n");
        foreach (Aim aim in All)
        {
            if (measured.FirstOrDefault(comparison => comparison.Scenario == aim.Scenario) is { } comparison)
            {
                double value = aim.RatioTo is { } other
                    ? comparison.Ratio(Contestant.Ours, other, aim.Figure)
                    : comparison.Median(Contestant.Ours, aim.Figure);
                double share = aim.IsMost ? aim.Least / value : value / aim.Least;
                table.Append(CultureInfo.InvariantCulture, $"| {aim.Scenario} | {aim.Figure}{(aim.RatioTo is { } name ? $", ratio to {name}" : "")} ")
                    .Append(CultureInfo.InvariantCulture, $"| {(aim.IsMost ? "at most " : "")}{aim.Least:0.##} | {value:0.00} | {(share >= 1 ? "" : $"**missed by {100 * (1 - share):0.0} %**")} | {Floor(comparison, aim)} |\n");
            }
        }

        return table.ToString();
    }

    /// <summary>The same ratio of who does the system calls alone; a dash where it took no part.</summary>
    private static string Floor(Comparison comparison, Aim aim)
    {
        double value = aim.RatioTo is { } other ? comparison.Ratio(Contestant.Floor, other, aim.Figure) : double.NaN;
        return double.IsNaN(value) ? "–" : value.ToString("0.00", CultureInfo.InvariantCulture);
    }

    private static IEnumerable<Aim> Load(string scenario, double rate, double cpu = 0, double tail = 0) => new[]
    {
        new Aim(scenario, Measurement.Rate, rate),
        new Aim(scenario, Measurement.BrokerCpu, cpu),
        new Aim(scenario, Measurement.Tail, tail),
    }.Where(aim => aim.Least > 0);
}
