using System.Globalization;
using XcpBroker.Load.Reports;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Interop;

namespace XcpBroker.Load.Commands;

/// <summary>One mode against one address.</summary>
internal static class RunCommand
{
    private static readonly string[] Valued =
    [
        "--address", "--pid", "--mode", "--size", "--pairs", "--window", "--subscribers", "--rules", "--rule-kind", "--flood-rate",
        "--warm-up", "--seconds", "--messages", "--cpu", "--destination",
    ];

    internal static int Execute(ReadOnlySpan<string> arguments)
    {
        Arguments given = new(arguments, Valued, ["--unbatched", "--stepwise", "--fds", "--floor"]);
        if (given.Has("--cpu"))
        {
            CpuAffinity.Pin(given.Number("--cpu", 0));
        }

        LoadOptions options = new()
        {
            Mode = given.Text("--mode"),
            Size = given.Number("--size", 0),
            Pairs = given.Number("--pairs", 1),
            Window = given.Number("--window", 1),
            Unbatched = given.Has("--unbatched"),
            AgreesOnFds = given.Has("--fds"),
            Subscribers = given.Number("--subscribers", 16),
            Rules = given.Number("--rules", 0),
            RuleKind = given.Text("--rule-kind", RuleKinds.Mixed),
            Destination = given.Text("--destination", ""),
            FloodRate = given.Number("--flood-rate", 0),
            Stepwise = given.Has("--stepwise"),
            WarmUp = given.Seconds("--warm-up", 0.3),
            Messages = given.Number("--messages", 0),
            Duration = given.Seconds("--seconds", 1),
        };
        int? pid = given.Has("--pid") ? given.Number("--pid", 0) : null;
        Measurement measured = Meter.Run(new Target(given.Text("--address"), pid, given.Has("--floor")), options);
        foreach (Figure figure in measured.Figures)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{figure.Value,14:N2}  {figure.Name}"));
        }

        return 0;
    }
}
