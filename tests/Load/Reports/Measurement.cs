namespace XcpBroker.Load.Reports;

/// <summary>One result of one run.</summary>
/// <param name="Name">What was measured; a unit closes the name.</param>
/// <param name="Value">In that unit.</param>
/// <param name="HigherIsBetter">Which way a ratio is turned, so that above 1 is better.</param>
internal readonly record struct Figure(string Name, double Value, bool HigherIsBetter = false);

/// <summary>All results of one run.</summary>
internal sealed record Measurement(IReadOnlyList<Figure> Figures)
{
    internal const string Rate = "messages/s";
    internal const string BrokerCpu = "broker CPU, ns/message";
    internal const string OwnCpu = "generator CPU, ns/message";
    internal const string Median = "p50, us";
    internal const string Tail = "p99, us";
    internal const string Rss = "RSS, MiB";

    /// <summary>Round trips in microseconds at each share of <see cref="Samples.Shares"/>; empty without any.</summary>
    internal IReadOnlyList<double> Latencies { get; init; } = [];

    internal double? this[string name]
    {
        get
        {
            foreach (Figure figure in Figures)
            {
                if (figure.Name == name)
                {
                    return figure.Value;
                }
            }

            return null;
        }
    }
}
