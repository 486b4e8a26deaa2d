using System.Runtime.CompilerServices;

namespace XcpBroker.Connections;

/// <summary>Where the messages of a queue of bytes end: their lengths, and how much of the first has left.</summary>
internal struct MessageBoundaries
{
    private const int SmallestCapacity = 4;

    private int[] _lengths;
    private int _head;
    private int _sentOfFirst;

    /// <summary>Messages of which at least one byte is still queued.</summary>
    internal int Count { get; private set; }

    internal readonly int Capacity => _lengths?.Length ?? 0;

    /// <summary>Bytes of the first message that are still queued.</summary>
    internal readonly int FirstLeft => _lengths[_head] - _sentOfFirst;

    /// <summary>Whether no byte of the first message has left.</summary>
    internal readonly bool FirstIsWhole => _sentOfFirst == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Append(int length)
    {
        _lengths ??= new int[SmallestCapacity];
        if (Count == _lengths.Length)
        {
            Grow();
        }

        _lengths[(_head + Count++) & (_lengths.Length - 1)] = length;
    }

    /// <summary>So many bytes have left.</summary>
    internal void Advance(int bytes)
    {
        bytes += _sentOfFirst;
        while (Count > 0 && bytes >= _lengths[_head])
        {
            bytes -= _lengths[_head];
            _head = (_head + 1) & (_lengths.Length - 1);
            Count--;
        }

        _sentOfFirst = bytes;
    }

    internal void Clear()
    {
        Count = 0;
        _head = 0;
        _sentOfFirst = 0;
    }

    private void Grow()
    {
        int[] larger = new int[_lengths.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = _lengths[(_head + i) & (_lengths.Length - 1)];
        }

        _lengths = larger;
        _head = 0;
    }
}
