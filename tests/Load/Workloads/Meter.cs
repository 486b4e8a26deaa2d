using XcpBroker.Load.Reports;

namespace XcpBroker.Load.Workloads;

/// <summary>Runs a workload: warm-up, measurement without a pause between, then everything under way must arrive.</summary>
internal static class Meter
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(10);

    /// <exception cref="TimeoutException">Nothing moved for a second, or messages were lost.</exception>
    internal static Measurement Run(Target target, LoadOptions options)
    {
        using Workload workload = Workload.Create(target, options);
        workload.Prepare();
        GC.Collect();
        workload.Start();
        RunFor(workload, options.WarmUp, 0);
        workload.Latencies.Clear();
        Reading before = Reading.Take(target, workload.Delivered);
        RunFor(workload, options.Duration, options.Messages);
        Reading after = Reading.Take(target, workload.Delivered);
        Drain(workload);
        return Report(workload, before, after, target, options.RateByCpu);
    }

    private static void RunFor(Workload workload, TimeSpan duration, long messages)
    {
        long started = TimeProvider.System.GetTimestamp();
        long end = workload.Delivered + messages;
        do
        {
            if (!workload.Turn())
            {
                throw new TimeoutException($"nothing arrives any more, {workload.Delivered} messages so far");
            }
        }
        while (messages > 0 ? workload.Delivered < end : TimeProvider.System.GetElapsedTime(started) < duration);
    }

    private static void Drain(Workload workload)
    {
        workload.IsStopping = true;
        long started = TimeProvider.System.GetTimestamp();
        while (!workload.IsDrained)
        {
            _ = workload.Turn();
            if (TimeProvider.System.GetElapsedTime(started) > DrainLimit)
            {
                throw new TimeoutException("not all messages arrived");
            }
        }
    }

    private static Measurement Report(Workload workload, Reading before, Reading after, Target target, bool rateByCpu)
    {
        double messages = after.Messages(before);
        List<Figure> figures =
        [
            new(Measurement.Rate, after.Rate(before, rateByCpu), HigherIsBetter: true),
            new(Measurement.OwnCpu, (after.OwnCpu - before.OwnCpu) / messages),
        ];
        if (target.Pid is not null)
        {
            figures.Add(new Figure(Measurement.BrokerCpu, after.BrokerCpu(before)));
            figures.Add(new Figure("messages per timeslice of the broker", messages / Math.Max(1, after.Broker.Timeslices - before.Broker.Timeslices)));
            figures.Add(new Figure(Measurement.Rss, after.Rss / 1048576.0));
            figures.Add(new Figure("RSS growth while measured, KiB", (after.Rss - before.Rss) / 1024.0));
        }

        if (workload.Latencies.Percentile(0.5) is { } median)
        {
            figures.Add(new Figure(Measurement.Median, median));
            figures.Add(new Figure(Measurement.Tail, workload.Latencies.Percentile(0.99) ?? median));
        }

        if (workload is Flood flood)
        {
            figures.Add(new Figure("flood, messages per ping-pong message", (double)flood.Flooded / flood.Delivered, HigherIsBetter: true));
        }

        return new Measurement(figures) { Latencies = workload.Latencies.Curve() };
    }
}
