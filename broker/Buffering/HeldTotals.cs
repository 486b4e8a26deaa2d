namespace XcpBroker.Buffering;

/// <summary>What several <see cref="HeldQueue"/>s hold together.</summary>
internal sealed class HeldTotals
{
    /// <summary>Messages.</summary>
    internal int Count { get; private set; }

    /// <summary>Bytes of all of them.</summary>
    internal long Bytes { get; private set; }

    internal void Add(int count, long bytes)
    {
        Count += count;
        Bytes += bytes;
    }
}
