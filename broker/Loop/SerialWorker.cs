using System.Collections.Concurrent;

namespace XcpBroker.Loop;

/// <summary>Does work off the loop, one piece after the other: for what may wait for files or name services.</summary>
/// <remarks>A piece that waits holds up the ones behind it, and one thread of the pool, however many peers there are that ask for more.</remarks>
internal sealed class SerialWorker
{
    private readonly ConcurrentQueue<Action> _work = new();
    private int _unfinished;

    /// <summary>Does the work later. It must not throw.</summary>
    internal void Run(Action work)
    {
        _work.Enqueue(work);
        if (Interlocked.Increment(ref _unfinished) == 1)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(static worker => worker.Drain(), this, preferLocal: false);
        }
    }

    private void Drain()
    {
        do
        {
            _ = _work.TryDequeue(out Action? work);
            work!();
        }
        while (Interlocked.Decrement(ref _unfinished) > 0);
    }
}
