using XcpBroker.Buffers;

namespace XcpBroker.Loop;

/// <summary>Gives memory back after many connections have come or gone, as soon as the bus is quiet.</summary>
/// <remarks>
/// What each of them left behind on its way is collected by the runtime only when more is allocated, which an idle bus does not do: 10,000 idle
/// connections would keep more garbage than they need. Moving what lives takes some milliseconds for 10,000 connections, so it is
/// not done while peers talk.
/// </remarks>
/// <param name="loop">Whose turns are counted.</param>
/// <param name="worthWhile">Connections that have come or gone, from which on it is worth while.</param>
/// <param name="collect">Gives the memory back; it is told whether most connections have gone, and with them most of what the heap holds.</param>
internal sealed class IdleCollection(BusLoop loop, int worthWhile, Action<bool> collect)
{
    /// <summary>Bytes of a managed heap from which on moving it would take longer than anybody should wait. Some 20,000 connections.</summary>
    private const long LargestHeap = 32 << 20;

    /// <summary>Turns within <see cref="Interval"/>, up to which the bus is quiet.</summary>
    internal const int QuietTurns = 100;

    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private int _changes;
    private int _connections;
    private int _mostConnections;
    private long _turns;

    /// <summary>Gives all back that can be spared: idle blocks, and what a compacting collection of garbage frees.</summary>
    /// <param name="blocks">Where idle blocks are.</param>
    /// <param name="isMostlyGarbage">What lives is no measure of the heap's size, and little has to be moved.</param>
    internal static void GiveBack(BlockPool blocks, bool isMostlyGarbage)
    {
        blocks.Trim();
        if (isMostlyGarbage || GC.GetTotalMemory(forceFullCollection: false) <= LargestHeap)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    /// <summary>What else is given back then; set by who runs a process of its own.</summary>
    internal Action? Collected { get; set; }

    /// <summary>Whether it is due once the bus is quiet.</summary>
    internal bool IsWaiting { get; private set; }

    /// <summary>A connection has come or gone.</summary>
    /// <param name="connections">How many there are now.</param>
    internal void ConnectionsChanged(int connections)
    {
        _connections = connections;
        _mostConnections = Math.Max(_mostConnections, connections);
        _changes++;
        if (_changes >= worthWhile && !IsWaiting)
        {
            Wait();
        }
    }

    private void Wait()
    {
        IsWaiting = true;
        _turns = loop.Turns;
        _ = loop.Deadlines.After(Interval, static state => ((IdleCollection)state!).Look(), this);
    }

    private void Look()
    {
        if (loop.Turns - _turns > QuietTurns)
        {
            Wait();
            return;
        }

        IsWaiting = false;
        _changes = 0;
        collect(_connections < _mostConnections / 2);
        Collected?.Invoke();
        _mostConnections = _connections;
    }
}
