using System.Text;
using XcpBroker.Load.Reports;

namespace XcpBroker.Load.Scenarios;

/// <summary>What scenarios brought, as tables and plots.</summary>
/// <param name="figuresOnly">A row for each figure that was measured, of loads too.</param>
internal sealed class Results(bool figuresOnly)
{
    private readonly List<(Scenario Scenario, Comparison Comparison)> _all = [];

    internal void Add(Scenario scenario, Comparison comparison) => _all.Add((scenario, comparison));

    /// <summary>Loads first; a table for each set of contestants that have the same reference.</summary>
    internal string Tables()
    {
        StringBuilder text = new();
        Append(text, IsLoad, MarkdownTable.Loads);
        Append(text, scenario => !IsLoad(scenario), MarkdownTable.Figures);
        return text.ToString();
    }

    /// <summary>Writes a picture for each scenario that has one: NAME.svg of a curve, latency-NAME.svg of round trips.</summary>
    internal void SavePlots(string directory)
    {
        _ = Directory.CreateDirectory(directory);
        foreach ((Scenario scenario, Comparison comparison) in _all)
        {
            if (scenario is CurveScenario curve)
            {
                Plot.Costs(
                    Path.Combine(directory, $"{scenario.Name}.svg"),
                    comparison,
                    curve.What,
                    [.. curve.Counts.Select(count => (count, curve.FigureName(count)))]);
            }
            else if (comparison.Contestants.Any(contestant => comparison.Latencies(contestant).Length > 0))
            {
                Plot.Latencies(Path.Combine(directory, $"latency-{scenario.Name}.svg"), comparison);
            }
        }
    }

    private void Append(StringBuilder text, Predicate<Scenario> wanted, Func<IReadOnlyList<Comparison>, string> table)
    {
        IEnumerable<Comparison> chosen = _all.Where(one => wanted(one.Scenario) && one.Comparison.Contestants.Count > 0).Select(one => one.Comparison);
        foreach (IGrouping<string, Comparison> alike in chosen.GroupBy(row => row.Reference))
        {
            text.Append(table([.. alike])).Append('\n');
        }
    }

    private bool IsLoad(Scenario scenario) => scenario is LoadScenario && !figuresOnly;
}
