namespace XcpBroker.Load.Reports;

/// <summary>All runs of all contestants in one scenario.</summary>
internal sealed class Comparison(string scenario, IReadOnlyList<string> contestants)
{
    private readonly Dictionary<string, List<Measurement>> _runs = contestants.ToDictionary(name => name, _ => new List<Measurement>());

    internal string Scenario => scenario;

    internal void Add(string contestant, Measurement run) => _runs[contestant].Add(run);

    /// <summary>Names of what was measured, in order.</summary>
    internal IEnumerable<string> FigureNames => _runs.Values.SelectMany(runs => runs).SelectMany(run => run.Figures).Select(figure => figure.Name).Distinct();

    internal double Median(string contestant, string figure) =>
        Statistics.Median(_runs[contestant].Select(run => run[figure]).OfType<double>());

    /// <summary>Median over the rounds of contestant : reference in the same round, turned so that above 1 is better.</summary>
    internal double Ratio(string contestant, string reference, string figure)
    {
        List<double> ratios = [];
        for (int round = 0; round < Math.Min(_runs[contestant].Count, _runs[reference].Count); round++)
        {
            if (_runs[contestant][round][figure] is { } ours && _runs[reference][round][figure] is { } theirs && ours > 0 && theirs > 0)
            {
                bool higherIsBetter = _runs[contestant][round].Figures.First(found => found.Name == figure).HigherIsBetter;
                ratios.Add(higherIsBetter ? ours / theirs : theirs / ours);
            }
        }

        return Statistics.Median(ratios);
    }
}
