using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace XcpBroker.Buffering;

/// <summary>Held messages in the order in which they came. All operations are O(1).</summary>
/// <param name="totals">What it is a part of.</param>
/// <param name="shares">Gets back what each message had of it; null: nothing is shared out.</param>
internal sealed class HeldQueue(HeldTotals totals, SenderShares? shares = null)
{
    private HeldMessage? _last;

    /// <summary>Called whenever the last message is taken out.</summary>
    internal Action? Emptied { get; init; }

    /// <summary>Messages.</summary>
    internal int Count { get; private set; }

    /// <summary>Bytes of all of them.</summary>
    internal long Bytes { get; private set; }

    /// <summary>The one that has waited longest; follow <see cref="HeldMessage.Next"/> for the others.</summary>
    internal HeldMessage? First { get; private set; }

    internal void Append(HeldMessage message)
    {
        Debug.Assert(message.Queue is null, "in two queues");
        message.Queue = this;
        if (!message.IsOutsideShares)
        {
            shares?.Enter(message, isOldest: false);
        }

        message.Previous = _last;
        if (_last is null)
        {
            First = message;
        }
        else
        {
            _last.Next = message;
        }

        _last = message;
        Count++;
        Bytes += message.Length;
        totals.Add(1, message.Length);
    }

    /// <summary>Puts one before another, or at the end. Of its sender's it is taken for the oldest in the queue.</summary>
    internal void InsertBefore(HeldMessage? next, HeldMessage message)
    {
        if (next is null)
        {
            Append(message);
            return;
        }

        Debug.Assert(message.Queue is null, "in two queues");
        message.Queue = this;
        if (!message.IsOutsideShares)
        {
            shares?.Enter(message, isOldest: true);
        }

        message.Next = next;
        message.Previous = next.Previous;
        next.Previous = message;
        if (message.Previous is { } previous)
        {
            previous.Next = message;
        }
        else
        {
            First = message;
        }

        Count++;
        Bytes += message.Length;
        totals.Add(1, message.Length);
    }

    /// <summary>Takes one out, wherever it stands; it is the caller's now.</summary>
    internal void Remove(HeldMessage message)
    {
        Debug.Assert(message.Queue == this, "not in this queue");
        if (message.Previous is null)
        {
            First = message.Next;
        }
        else
        {
            message.Previous.Next = message.Next;
        }

        if (message.Next is null)
        {
            _last = message.Previous;
        }
        else
        {
            message.Next.Previous = message.Previous;
        }

        message.Queue = null;
        message.Next = null;
        message.Previous = null;
        Count--;
        Bytes -= message.Length;
        totals.Add(-1, -message.Length);
        if (!message.IsOutsideShares)
        {
            shares?.Leave(message);
        }

        if (Count == 0)
        {
            Emptied?.Invoke();
        }
    }

    /// <summary>Takes out the first; it is the caller's now.</summary>
    internal bool TryTake([NotNullWhen(true)] out HeldMessage? message)
    {
        message = First;
        if (message is null)
        {
            return false;
        }

        Remove(message);
        return true;
    }

    /// <summary>Lets go of all of them without a word to anybody.</summary>
    internal void Clear()
    {
        while (TryTake(out HeldMessage? message))
        {
            message.Release();
        }
    }
}
