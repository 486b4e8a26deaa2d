namespace XcpBroker.Loop;

/// <summary>What is to happen later. One heap, turned by the loop; time comes from the clock alone.</summary>
/// <remarks>
/// After is O(log n), and O(1) when delays are alike; Cancel is O(1). A cancelled entry leaves the heap when its time comes or when
/// half of the heap is cancelled, so memory stays proportional to what is pending. Nothing is allocated once the tables have grown.
/// </remarks>
internal sealed class Deadlines(TimeProvider clock)
{
    private const int FirstSize = 64;

    private readonly TimeProvider _clock = clock;
    private Node[] _nodes = new Node[FirstSize];
    private Entry[] _heap = new Entry[FirstSize];
    private int _heapCount;
    private int _nodesUsed;
    private int _freeNode = -1;
    private long _sequence;

    /// <summary>Number of deadlines that are neither past nor cancelled.</summary>
    internal int Count { get; private set; }

    /// <summary>Nothing is set, nor has been cancelled lately.</summary>
    internal bool AreNone => _heapCount == 0;

    /// <summary>Places taken in the heap, cancelled ones included.</summary>
    internal int HeapCount => _heapCount;

    /// <summary>Calls <paramref name="action"/> in the first <see cref="Tick"/> that is not before now + <paramref name="delay"/>.</summary>
    /// <remarks>
    /// Pass a static action and a state, so that nothing is allocated. Equal times keep the order in which they were set.
    /// A delay below zero is zero; one too long to count never comes.
    /// </remarks>
    internal Deadline After(TimeSpan delay, Action<object?> action, object? state)
    {
        int index = TakeNode();
        ref Node node = ref _nodes[index];
        node.Action = action;
        node.State = state;
        Count++;
        Push(new Entry(DueAfter(delay), _sequence++, index, node.Turn));
        return new Deadline(this, index, node.Turn);
    }

    /// <summary>Runs what is due. What these actions set with no delay waits for the next turn.</summary>
    internal void Tick()
    {
        if (!PeekLive(out Entry entry))
        {
            return; // Without a look at the clock, which is not free.
        }

        long now = _clock.GetTimestamp();
        long end = _sequence;
        while (entry.Due <= now && entry.Sequence < end)
        {
            Pop();
            Node node = _nodes[entry.Node];
            FreeNode(entry.Node);
            node.Action!(node.State);
            if (!PeekLive(out entry))
            {
                return;
            }
        }
    }

    /// <summary>How long the loop may sleep: zero when something is due, null when nothing is set.</summary>
    internal TimeSpan? UntilNext()
    {
        if (!PeekLive(out Entry entry))
        {
            return null;
        }

        long wait = entry.Due - _clock.GetTimestamp();
        double ticks = Math.Ceiling(wait * (double)TimeSpan.TicksPerSecond / _clock.TimestampFrequency);
        return wait <= 0 ? TimeSpan.Zero : ticks >= TimeSpan.MaxValue.Ticks ? TimeSpan.MaxValue : TimeSpan.FromTicks((long)ticks);
    }

    internal bool IsPending(int node, uint turn) => turn != 0 && _nodes[node].Turn == turn;

    internal void Cancel(int node, uint turn)
    {
        if (!IsPending(node, turn))
        {
            return;
        }

        FreeNode(node);
        if (_heapCount > FirstSize && _heapCount > 2 * Count)
        {
            DropCancelled();
        }
    }

    private long DueAfter(TimeSpan delay)
    {
        double units = Math.Ceiling(Math.Max(0, delay.Ticks) * ((double)_clock.TimestampFrequency / TimeSpan.TicksPerSecond));
        long now = _clock.GetTimestamp();
        return units >= long.MaxValue - now ? long.MaxValue : now + (long)units;
    }

    private bool PeekLive(out Entry entry)
    {
        while (_heapCount > 0)
        {
            entry = _heap[0];
            if (_nodes[entry.Node].Turn == entry.Turn)
            {
                return true;
            }

            Pop();
        }

        entry = default;
        return false;
    }

    private int TakeNode()
    {
        int index = _freeNode;
        if (index >= 0)
        {
            _freeNode = _nodes[index].NextFree;
            return index;
        }

        if (_nodesUsed == _nodes.Length)
        {
            Array.Resize(ref _nodes, _nodes.Length * 2);
        }

        _nodes[_nodesUsed].Turn = 1;
        return _nodesUsed++;
    }

    // The next turn begins at once, so handles and heap entries of this one are stale.
    private void FreeNode(int index)
    {
        ref Node node = ref _nodes[index];
        node.Action = null;
        node.State = null;
        node.Turn = node.Turn == uint.MaxValue ? 1 : node.Turn + 1;
        node.NextFree = _freeNode;
        _freeNode = index;
        Count--;
    }

    private void Push(Entry entry)
    {
        if (_heapCount == _heap.Length)
        {
            Array.Resize(ref _heap, _heap.Length * 2);
        }

        int index = _heapCount++;
        while (index > 0 && entry.IsBefore(_heap[(index - 1) / 2]))
        {
            _heap[index] = _heap[(index - 1) / 2];
            index = (index - 1) / 2;
        }

        _heap[index] = entry;
    }

    private void Pop()
    {
        Entry last = _heap[--_heapCount];
        if (_heapCount > 0)
        {
            SiftDown(0, last);
        }
    }

    private void SiftDown(int index, Entry entry)
    {
        int child = (2 * index) + 1;
        while (child < _heapCount)
        {
            if (child + 1 < _heapCount && _heap[child + 1].IsBefore(_heap[child]))
            {
                child++;
            }

            if (!_heap[child].IsBefore(entry))
            {
                break;
            }

            _heap[index] = _heap[child];
            index = child;
            child = (2 * index) + 1;
        }

        _heap[index] = entry;
    }

    private void DropCancelled()
    {
        int kept = 0;
        for (int index = 0; index < _heapCount; index++)
        {
            Entry entry = _heap[index];
            if (_nodes[entry.Node].Turn == entry.Turn)
            {
                _heap[kept++] = entry;
            }
        }

        _heapCount = kept;
        for (int index = (kept / 2) - 1; index >= 0; index--)
        {
            SiftDown(index, _heap[index]);
        }
    }

    private struct Node
    {
        internal Action<object?>? Action;
        internal object? State;
        internal uint Turn;
        internal int NextFree;
    }

    private readonly record struct Entry(long Due, long Sequence, int Node, uint Turn)
    {
        internal bool IsBefore(in Entry other) => Due < other.Due || (Due == other.Due && Sequence < other.Sequence);
    }
}

/// <summary>A deadline that can be called off; default is one that never was set.</summary>
internal readonly struct Deadline
{
    private readonly Deadlines? _deadlines;
    private readonly int _node;
    private readonly uint _turn;

    internal Deadline(Deadlines deadlines, int node, uint turn)
    {
        _deadlines = deadlines;
        _node = node;
        _turn = turn;
    }

    /// <summary>True until it has been run or cancelled.</summary>
    internal bool IsPending => _deadlines is not null && _deadlines.IsPending(_node, _turn);

    /// <summary>Calls it off; does nothing when it is past, cancelled or was never set.</summary>
    internal void Cancel() => _deadlines?.Cancel(_node, _turn);
}
