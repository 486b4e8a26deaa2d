namespace XcpBroker.Load.Reports;

/// <summary>Raw latencies in a block that is allocated before the measurement; samples beyond its end are dropped.</summary>
internal sealed class Samples
{
    /// <summary>The shares of a distribution's curve: 0, then ten steps to each further nine, to 0.9999.</summary>
    internal static readonly IReadOnlyList<double> Shares = [.. Enumerable.Range(0, 41).Select(step => 1 - Math.Pow(10, -step / 10.0))];

    private readonly long[] _ticks = new long[1 << 20];
    private int _count;
    private bool _isSorted;

    internal void Clear() => _count = 0;

    internal void Add(long ticks)
    {
        if (_count < _ticks.Length)
        {
            _ticks[_count++] = ticks;
            _isSorted = false;
        }
    }

    /// <summary>The distribution at <see cref="Shares"/>; empty without samples.</summary>
    internal double[] Curve() => _count == 0 ? [] : [.. Shares.Select(share => Percentile(share) ?? 0)];

    /// <summary>Microseconds below which that share of the samples lies (nearest rank); null without samples.</summary>
    internal double? Percentile(double share)
    {
        if (_count == 0)
        {
            return null;
        }

        Span<long> sorted = _ticks.AsSpan(0, _count);
        if (!_isSorted)
        {
            sorted.Sort();
            _isSorted = true;
        }

        int rank = Math.Clamp((int)Math.Ceiling(share * _count) - 1, 0, _count - 1);
        return sorted[rank] * 1e6 / TimeProvider.System.TimestampFrequency;
    }
}
