using System.Globalization;
using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Interop;

namespace XcpBroker.Load.Commands;

/// <summary>How long calls of the host to a service in one domain take, alone and while another domain floods the bus: ratios, in runs that take turns.</summary>
internal static class DomainsCommand
{
    internal static int Execute(ReadOnlySpan<string> arguments)
    {
        Arguments given = new(arguments, ["--runs", "--seconds", "--cpu", "--flooders"], []);
        if (given.Has("--cpu"))
        {
            CpuAffinity.Pin(given.Number("--cpu", 0));
        }

        int flooders = given.Number("--flooders", 4);
        TimeSpan duration = given.Seconds("--seconds", 2);
        (string Name, int Flooders, int Limit)[] kinds =
        [
            ("nobody floods", 0, 20_000),
            ($"{flooders} connections flood, max_messages_per_second 20000", flooders, 20_000),
            ($"{flooders} connections flood, no such limit", flooders, 0),
        ];
        List<Measurement>[] measured = [.. kinds.Select(_ => new List<Measurement>())];
        for (int run = 0; run < given.Number("--runs", 5); run++)
        {
            for (int i = 0; i < kinds.Length; i++)
            {
                measured[i].Add(DomainFlood.Measure(kinds[i].Flooders, kinds[i].Limit, duration));
            }
        }

        Print(kinds.Select(kind => kind.Name).ToArray(), measured);
        return 0;
    }

    private static void Print(string[] names, List<Measurement>[] measured)
    {
        Console.Out.WriteLine("| | calls/s | p50, us | p99, us | p99 to that alone | flood, messages/s |\n|---|---|---|---|---|---|");
        double alone = Of(measured[0], Measurement.Tail);
        for (int i = 0; i < names.Length; i++)
        {
            double tail = Of(measured[i], Measurement.Tail);
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {names[i]} | {Of(measured[i], Measurement.Rate):N0} | {Of(measured[i], Measurement.Median):N0} | {tail:N0} | {tail / alone:N2} | {Of(measured[i], DomainFlood.Flood):N0} |"));
        }
    }

    private static double Of(List<Measurement> runs, string figure) => Statistics.Median(runs.Select(run => run[figure] ?? double.NaN));
}
