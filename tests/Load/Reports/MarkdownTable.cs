using System.Globalization;
using System.Text;

namespace XcpBroker.Load.Reports;

/// <summary>Comparisons as tables to be pasted into a page.</summary>
internal static class MarkdownTable
{
    /// <summary>A row per load: rate, CPU of a message, p50 and p99 of each, and the ratios to the reference.</summary>
    internal static string Loads(IReadOnlyList<Comparison> rows, IReadOnlyList<string> contestants, string reference)
    {
        StringBuilder table = new();
        List<string> head = ["mode", .. contestants.SelectMany(name => name == reference ? [name] : new[] { name, "ratio" })];
        Row(table, head);
        Row(table, head.Select(_ => "---"));
        foreach (Comparison row in rows)
        {
            List<string> cells = [row.Scenario];
            foreach (string name in contestants)
            {
                cells.Add(Values(row, name));
                if (name != reference)
                {
                    cells.Add(contestants.Contains(reference) ? Ratios(row, name, reference) : "–");
                }
            }

            Row(table, cells);
        }

        return table.ToString();
    }

    /// <summary>A row per figure.</summary>
    internal static string Figures(IReadOnlyList<Comparison> comparisons, IReadOnlyList<string> contestants, string reference)
    {
        StringBuilder table = new();
        List<string> head = ["scenario", "figure", .. contestants.SelectMany(name => name == reference ? [name] : new[] { name, "ratio" })];
        Row(table, head);
        Row(table, head.Select(_ => "---"));
        foreach (Comparison comparison in comparisons)
        {
            foreach (string figure in comparison.FigureNames)
            {
                List<string> cells = [comparison.Scenario, figure];
                foreach (string name in contestants)
                {
                    cells.Add(Cell("{0:N2}", comparison.Median(name, figure)));
                    if (name != reference)
                    {
                        cells.Add(Cell("{0:N2}", contestants.Contains(reference) ? comparison.Ratio(name, reference, figure) : double.NaN));
                    }
                }

                Row(table, cells);
            }
        }

        return table.ToString();
    }

    private static string Values(Comparison row, string name)
    {
        double rate = row.Median(name, Measurement.Rate);
        double cpu = row.Median(name, Measurement.BrokerCpu);
        double median = row.Median(name, Measurement.Median);
        double tail = row.Median(name, Measurement.Tail);
        return double.IsNaN(tail)
            ? Cell("{0:N0}/s, {1:N0} ns", rate, cpu)
            : Cell("{0:N0}/s, {1:N0} ns, {2:N0}/{3:N0} us", rate, cpu, median, tail);
    }

    private static string Ratios(Comparison row, string name, string reference)
    {
        double rate = row.Ratio(name, reference, Measurement.Rate);
        double cpu = row.Ratio(name, reference, Measurement.BrokerCpu);
        double tail = row.Ratio(name, reference, Measurement.Tail);
        return double.IsNaN(tail) ? Cell("**{0:N2} / {1:N2}**", rate, cpu) : Cell("**{0:N2} / {1:N2}** / {2:N2}", rate, cpu, tail);
    }

    private static string Cell(string format, params double[] values) => Array.TrueForAll(values, double.IsNaN)
        ? "–"
        : string.Format(CultureInfo.InvariantCulture, format, [.. values.Select(value => (object)value)]);

    private static void Row(StringBuilder table, IEnumerable<string> cells) => table.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
