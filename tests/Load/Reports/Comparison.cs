namespace XcpBroker.Load.Reports;

/// <summary>All runs of all contestants in one scenario.</summary>
/// <param name="scenario">Its name.</param>
/// <param name="contestants">Who took part.</param>
/// <param name="reference">To whom the ratios are.</param>
internal sealed class Comparison(string scenario, IReadOnlyList<string> contestants, string reference)
{
    private readonly Dictionary<string, List<Measurement>> _runs = contestants.ToDictionary(name => name, _ => new List<Measurement>());

    internal string Scenario => scenario;

    internal IReadOnlyList<string> Contestants => contestants;

    internal string Reference => reference;

    internal void Add(string contestant, Measurement run) => _runs[contestant].Add(run);

    /// <summary>Names of what was measured, in order.</summary>
    internal IEnumerable<string> FigureNames => _runs.Values.SelectMany(runs => runs).SelectMany(run => run.Figures).Select(figure => figure.Name).Distinct();

    internal double Median(string contestant, string figure) =>
        Statistics.Median(Runs(contestant).Select(run => run[figure]).OfType<double>());

    /// <summary>Of each share of <see cref="Samples.Shares"/> the median over the runs, microseconds; empty without round trips.</summary>
    internal double[] Latencies(string contestant)
    {
        List<Measurement> runs = [.. Runs(contestant).Where(run => run.Latencies.Count > 0)];
        return runs.Count == 0
            ? []
            : [.. Enumerable.Range(0, Samples.Shares.Count).Select(share => Statistics.Median(runs.Select(run => run.Latencies[share])))];
    }

    /// <summary>The ratio to the scenario's own reference.</summary>
    internal double Ratio(string contestant, string figure) => Ratio(contestant, reference, figure);

    /// <summary>Median over the rounds of contestant : another in the same round, turned so that above 1 is better; NaN when either took no part.</summary>
    internal double Ratio(string contestant, string another, string figure)
    {
        List<double> ratios = [];
        foreach ((Measurement own, Measurement other) in Runs(contestant).Zip(Runs(another)))
        {
            if (own[figure] is { } ours && other[figure] is { } theirs && ours > 0 && theirs > 0)
            {
                bool higherIsBetter = own.Figures.First(found => found.Name == figure).HigherIsBetter;
                ratios.Add(higherIsBetter ? ours / theirs : theirs / ours);
            }
        }

        return Statistics.Median(ratios);
    }

    private List<Measurement> Runs(string contestant) => _runs.GetValueOrDefault(contestant) ?? [];
}
