using XcpBroker.Load.Reports;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Workloads;

/// <summary>What a measurement stands at: the clock, messages so far, CPU time of broker and generator, memory of the broker.</summary>
internal readonly record struct Reading(long Timestamp, long Delivered, ProcessUsage Broker, long OwnCpu, long Rss)
{
    internal static Reading Take(Target target, long delivered) => new(
        TimeProvider.System.GetTimestamp(),
        delivered,
        target.Pid is { } pid ? ProcessUsage.Read(pid) : default,
        ProcessUsage.Read(Environment.ProcessId).CpuNanoseconds,
        target.Pid is { } measured ? MemoryUse.Read(measured).RssBytes : 0);

    /// <summary>Messages since another reading, at least 1.</summary>
    internal double Messages(Reading before) => Math.Max(1, Delivered - before.Delivered);

    /// <summary>Messages a second since another reading: of the clock's, or of the CPU time of broker and generator together.</summary>
    internal double Rate(Reading before, bool byCpu)
    {
        double busy = (Broker.CpuNanoseconds - before.Broker.CpuNanoseconds + OwnCpu - before.OwnCpu) / 1e9;
        return Messages(before) / (byCpu ? busy : TimeProvider.System.GetElapsedTime(before.Timestamp, Timestamp).TotalSeconds);
    }

    /// <summary>Nanoseconds of the broker's for each message since another reading.</summary>
    internal double BrokerCpu(Reading before) => (Broker.CpuNanoseconds - before.Broker.CpuNanoseconds) / Messages(before);

    /// <summary>Rate and CPU since another reading, as figures with something before their names.</summary>
    internal IEnumerable<Figure> Figures(string prefix, Reading before, bool byCpu) =>
    [
        new Figure(prefix + Measurement.Rate, Rate(before, byCpu), HigherIsBetter: true),
        new Figure(prefix + Measurement.BrokerCpu, BrokerCpu(before)),
    ];
}
