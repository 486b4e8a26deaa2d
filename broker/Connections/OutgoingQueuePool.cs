using XcpBroker.Buffers;

namespace XcpBroker.Connections;

/// <summary>Queues between two uses, so that only connections with something to send have one.</summary>
internal sealed class OutgoingQueuePool(BlockPool blocks)
{
    private const int MaxIdle = 256;

    private OutgoingQueue? _idle;
    private int _count;

    internal BlockPool Blocks => blocks;

    internal OutgoingQueue Rent()
    {
        if (_idle is not { } queue)
        {
            return new OutgoingQueue();
        }

        _idle = queue.NextIdle;
        queue.NextIdle = null;
        _count--;
        return queue;
    }

    internal void Return(OutgoingQueue queue)
    {
        if (_count < MaxIdle && queue.IsSmall)
        {
            queue.NextIdle = _idle;
            _idle = queue;
            _count++;
        }
    }
}
