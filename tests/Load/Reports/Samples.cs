namespace XcpBroker.Load.Reports;

/// <summary>Raw latencies in a block that is allocated before the measurement; samples beyond its end are dropped.</summary>
internal sealed class Samples
{
    private readonly long[] _ticks = new long[1 << 20];
    private int _count;

    internal void Clear() => _count = 0;

    internal void Add(long ticks)
    {
        if (_count < _ticks.Length)
        {
            _ticks[_count++] = ticks;
        }
    }

    /// <summary>Microseconds below which that share of the samples lies (nearest rank); null without samples.</summary>
    internal double? Percentile(double share)
    {
        if (_count == 0)
        {
            return null;
        }

        Span<long> sorted = _ticks.AsSpan(0, _count);
        sorted.Sort();
        int rank = Math.Clamp((int)Math.Ceiling(share * _count) - 1, 0, _count - 1);
        return sorted[rank] * 1e6 / TimeProvider.System.TimestampFrequency;
    }
}
