using System.Globalization;
using OxyPlot;
using OxyPlot.Axes;
using OxyPlot.Legends;
using OxyPlot.Series;

namespace XcpBroker.Load.Reports;

/// <summary>Comparisons as pictures (SVG), a line for each contestant.</summary>
internal static class Plot
{
    private const int Width = 760;
    private const int Height = 420;
    private const int TitleDistance = 12;

    /// <summary>Behind texts in a box: the exporter measures them by a narrower font than viewers take.</summary>
    private const string Room = "          ";

    /// <summary>How long round trips took: the share that was faster, stretched towards 100 %, against time.</summary>
    internal static void Latencies(string file, Comparison comparison)
    {
        PlotModel model = Model($"{comparison.Scenario}: round trips that took no longer");
        model.Axes.Add(Decades(AxisPosition.Bottom, "share of the round trips", share => $"{100 * (1 - (1 / share)):0.###} %"));
        model.Axes.Add(Decades(AxisPosition.Left, "microseconds", Number));
        AddLines(model, comparison, contestant => comparison.Latencies(contestant)
            .Select((microseconds, index) => new DataPoint(1 / (1 - Samples.Shares[index]), microseconds)));
        Save(model, file);
    }

    /// <summary>What a message costs the broker, against a count.</summary>
    /// <param name="file">Where it goes.</param>
    /// <param name="comparison">The runs.</param>
    /// <param name="what">What is counted.</param>
    /// <param name="points">Each count, and the figure that was measured with it, in nanoseconds.</param>
    internal static void Costs(string file, Comparison comparison, string what, IReadOnlyList<(int Count, string Figure)> points)
    {
        PlotModel model = Model($"{comparison.Scenario}: CPU time of the broker for a message");
        CategoryAxis counts = new() { Position = AxisPosition.Bottom, Title = what, AxisTitleDistance = TitleDistance, IsTickCentered = true };
        counts.Labels.AddRange(points.Select(point => Number(point.Count)));
        model.Axes.Add(counts);
        model.Axes.Add(Decades(AxisPosition.Left, "nanoseconds", Number));
        AddLines(model, comparison, contestant => points.Select((point, index) => new DataPoint(index, comparison.Median(contestant, point.Figure))));
        Save(model, file);
    }

    private static PlotModel Model(string title)
    {
        PlotModel model = new()
        {
            Title = title,
            TitleFontSize = 15,
            TitleFontWeight = FontWeights.Normal,
            DefaultFontSize = 13,
            Background = OxyColors.White,
            Padding = new OxyThickness(8, 8, 24, 12),
        };

        model.Legends.Add(new Legend
        {
            LegendPosition = LegendPosition.LeftTop,
            LegendBackground = OxyColors.White,
            LegendBorder = OxyColors.LightGray,
            LegendLineSpacing = 7,
        });
        return model;
    }

    private static LogarithmicAxis Decades(AxisPosition position, string title, Func<double, string> label) => new()
    {
        Position = position,
        Title = title,
        AxisTitleDistance = position == AxisPosition.Left ? 2 * TitleDistance : TitleDistance,
        IntervalLength = position == AxisPosition.Left ? 60 : 110,
        LabelFormatter = label,
        MajorGridlineStyle = LineStyle.Solid,
        MajorGridlineColor = OxyColors.LightGray,
        MinorGridlineStyle = position == AxisPosition.Left ? LineStyle.Dot : LineStyle.None,
        MinorGridlineColor = OxyColors.LightGray,
    };

    private static void AddLines(PlotModel model, Comparison comparison, Func<string, IEnumerable<DataPoint>> points)
    {
        foreach (string contestant in comparison.Contestants)
        {
            LineSeries line = new() { Title = contestant + Room, StrokeThickness = 2, Color = ColorOf(contestant) };
            line.Points.AddRange(points(contestant).Where(point => !double.IsNaN(point.Y)));
            model.Series.Add(line);
        }

        // Whole decades, so that the lines above and below the data have their labels.
        List<DataPoint> all = [.. model.Series.OfType<LineSeries>().SelectMany(line => line.Points)];
        if (all.Count > 0)
        {
            Axis left = model.Axes.First(axis => axis.Position == AxisPosition.Left);
            left.Minimum = Math.Pow(10, Math.Floor(Math.Log10(all.Min(point => point.Y))));
            left.Maximum = Math.Pow(10, Math.Ceiling(Math.Log10(all.Max(point => point.Y)))) * (1 + 1e-9);
        }
    }

    private static OxyColor ColorOf(string contestant) => contestant switch
    {
        "xcp-broker" => OxyColor.FromRgb(0x00, 0x5f, 0xb8),
        "dbus-broker" => OxyColor.FromRgb(0xd5, 0x5e, 0x00),
        "dbus-daemon" => OxyColor.FromRgb(0x00, 0x8a, 0x5e),
        _ => OxyColors.Gray,
    };

    private static string Number(double value) => value.ToString("#,0.###", CultureInfo.InvariantCulture);

    private static void Save(PlotModel model, string file)
    {
        using FileStream stream = File.Create(file);
        new SvgExporter { Width = Width, Height = Height, UseVerticalTextAlignmentWorkaround = true }.Export(model, stream);
    }
}
