using System.Runtime;

namespace XcpBroker.Loop;

/// <summary>Decides, instead of the runtime, when the whole of a large managed heap is collected: when it is three times as large as after the last time.</summary>
/// <remarks>
/// A collection of everything stops the bus for as long as it takes to follow what lives, 0.8 s for 500,000 match rules. The runtime makes one whenever
/// enough has grown old, which may be while thousands of peers leave and nothing grows. Told not to, it also collects young objects more often and
/// in shorter pauses, at a fifth more for a connection: small heaps, of which a collection takes some 10 ms, are left to it.
/// </remarks>
/// <param name="heapBytes">How large the heap is.</param>
/// <param name="collections">How often all of it has been collected, by whomever.</param>
/// <param name="collect">Collects all of it.</param>
/// <param name="decide">Told true when the runtime shall no longer collect all of it by itself, false when it shall again.</param>
internal sealed class HeapGrowth(Func<long> heapBytes, Func<int> collections, Action collect, Action<bool> decide)
{
    /// <summary>Bytes from which on a heap is large. Some 15,000 connections.</summary>
    internal const long Large = 24 << 20;

    /// <summary>How many times its size a large heap may grow to before all of it is collected.</summary>
    internal const int Times = 3;

    private long _limit = Large;
    private int _collections;
    private bool _decides;

    /// <summary>Looks from now on whenever young objects have been collected, until the end of the process.</summary>
    internal static void Watch() => new HeapGrowth(
        () => GC.GetTotalMemory(forceFullCollection: false),
        () => GC.CollectionCount(GC.MaxGeneration),
        () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false),
        decides => GCSettings.LatencyMode = decides ? GCLatencyMode.LowLatency : GCLatencyMode.Batch).LookAfterNextCollection();

    /// <summary>Collects if it is time to.</summary>
    internal void Look()
    {
        if (collections() == _collections && heapBytes() > _limit)
        {
            collect();
        }

        if (collections() == _collections)
        {
            return;
        }

        _collections = collections();
        _limit = Math.Max(Large, Times * heapBytes());
        if (_decides != _limit > Large)
        {
            _decides = !_decides;
            decide(_decides);
        }
    }

    private void LookAfterNextCollection() => _ = new YoungObject(this);

    /// <summary>Nobody refers to it: the next collection of young objects finds that, and the runtime's thread for such objects calls.</summary>
    private sealed class YoungObject(HeapGrowth heap)
    {
        ~YoungObject()
        {
            heap.Look();
            heap.LookAfterNextCollection();
        }
    }
}
