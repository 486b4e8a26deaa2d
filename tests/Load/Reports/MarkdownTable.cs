using System.Globalization;
using System.Text;

namespace XcpBroker.Load.Reports;

/// <summary>Comparisons as tables to be pasted into a page.</summary>
internal static class MarkdownTable
{
    /// <summary>A row per load: rate, CPU of a message, p50 and p99 of each, and the ratios to the reference.</summary>
    internal static string Loads(IReadOnlyList<Comparison> rows)
    {
        (string[] contestants, string reference) = (Contestants(rows), rows[0].Reference);
        StringBuilder table = Begin(["mode"], contestants, reference);
        foreach (Comparison row in rows)
        {
            List<string> cells = [row.Scenario];
            foreach (string name in contestants)
            {
                cells.Add(Values(row, name));
                if (HasRatio(contestants, name, reference))
                {
                    cells.Add(Ratios(row, name));
                }
            }

            Row(table, cells);
        }

        return table.ToString();
    }

    /// <summary>A row per figure.</summary>
    internal static string Figures(IReadOnlyList<Comparison> rows)
    {
        (string[] contestants, string reference) = (Contestants(rows), rows[0].Reference);
        StringBuilder table = Begin(["scenario", "figure"], contestants, reference);
        foreach (Comparison row in rows)
        {
            foreach (string figure in row.FigureNames)
            {
                List<string> cells = [row.Scenario, figure];
                foreach (string name in contestants)
                {
                    cells.Add(Cell("{0:N2}", row.Median(name, figure)));
                    if (HasRatio(contestants, name, reference))
                    {
                        cells.Add(Cell("{0:N2}", row.Ratio(name, figure)));
                    }
                }

                Row(table, cells);
            }
        }

        return table.ToString();
    }

    /// <summary>Everybody who took part in one of the rows.</summary>
    private static string[] Contestants(IReadOnlyList<Comparison> rows) => [.. rows.SelectMany(row => row.Contestants).Distinct()];

    private static bool HasRatio(string[] contestants, string name, string reference) => name != reference && contestants.Contains(reference);

    private static StringBuilder Begin(string[] first, string[] contestants, string reference)
    {
        StringBuilder table = new();
        string[] head = [.. first, .. contestants.SelectMany(name => HasRatio(contestants, name, reference) ? new[] { name, "ratio" } : [name])];
        Row(table, head);
        Row(table, head.Select(_ => "---"));
        return table;
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

    private static string Ratios(Comparison row, string name)
    {
        double rate = row.Ratio(name, Measurement.Rate);
        double cpu = row.Ratio(name, Measurement.BrokerCpu);
        double tail = row.Ratio(name, Measurement.Tail);
        return double.IsNaN(tail) ? Cell("**{0:N2} / {1:N2}**", rate, cpu) : Cell("**{0:N2} / {1:N2}** / {2:N2}", rate, cpu, tail);
    }

    private static string Cell(string format, params double[] values) => Array.TrueForAll(values, double.IsNaN)
        ? "–"
        : string.Format(CultureInfo.InvariantCulture, format, [.. values.Select(value => (object)value)]);

    private static void Row(StringBuilder table, IEnumerable<string> cells) => table.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
}
