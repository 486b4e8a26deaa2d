using System.Runtime.InteropServices;

namespace XcpBroker.Routing;

/// <summary>A method call whose reply is awaited. Ids are the bus's own numbers of connections, never reused.</summary>
internal readonly record struct PendingCall(ulong Caller, ulong Callee, uint Serial);

/// <summary>A connection's place in <see cref="PendingReplies"/>; default is "no calls either way".</summary>
/// <remarks>Lives as a field of the connection and is passed by reference; it must not be copied.</remarks>
internal struct ReplyLists
{
    internal int Anchor;
}

/// <summary>How many calls of several callers wait for an answer.</summary>
internal sealed class OpenCalls
{
    internal int Count { get; set; }
}

/// <summary>Calls that were delivered and not answered yet: a reply is passed on only if it is expected here.</summary>
/// <remarks>
/// All operations are O(1) per call, also for one caller with all of them (CVE-2014-3638), and allocate nothing once the tables have grown.
/// Calls stand in four lists: hash chain, the caller's, the callee's, and by age (for reply_timeout, which is one constant).
/// Lists are of indices; index 0 is "none".
/// Source: specification, "Message Bus Message Routing" and the flag NO_REPLY_EXPECTED (such calls are never added).
/// </remarks>
internal sealed class PendingReplies
{
    private const int FirstSize = 64;
    private const int KeptWhenEmpty = 1 << 16;

    private static readonly ulong SeedOfAll = Random(0);
    private static readonly ulong SeedOfCallers = Random(1);
    private static readonly ulong SeedOfCallees = Random(2);
    private static readonly ulong SeedOfSerials = Random(3);

    private readonly TimeProvider _clock;
    private long _timeout;
    private Slot[] _slots = [];
    private int[] _buckets = [];
    private Anchor[] _anchors = [];
    private int _slotsUsed = 1;
    private int _anchorsUsed = 1;
    private int _freeSlot;
    private int _freeAnchor;
    private int _oldest;
    private int _youngest;

    /// <param name="clock">Read only where there is a timeout.</param>
    /// <param name="timeout">reply_timeout; null waits for ever.</param>
    internal PendingReplies(TimeProvider clock, TimeSpan? timeout)
    {
        _clock = clock;
        _timeout = Ticks(timeout);
        Clear();
    }

    /// <summary>Number of calls that wait.</summary>
    internal int Count { get; private set; }

    internal int PeakCount { get; private set; }

    /// <summary>True when no call waits and no connection has a place.</summary>
    internal bool IsEmpty => Count == 0 && AnchorCount == 0;

    /// <summary>Number of connections that have a place.</summary>
    internal int AnchorCount { get; private set; }

    /// <summary>Steps taken along hash chains so far: what a test counts instead of time.</summary>
    internal long Probes { get; private set; }

    /// <summary>When the oldest call times out, as a timestamp of the clock; null when none will.</summary>
    internal long? NextDeadline => _timeout == 0 || _oldest == 0 ? null : _slots[_oldest].Deadline;

    /// <summary>From now on all wait this long, those that wait already too; null waits for ever.</summary>
    internal void SetTimeout(TimeSpan? timeout)
    {
        _timeout = Ticks(timeout);
        long deadline = _timeout == 0 ? 0 : _clock.GetTimestamp() + _timeout;
        for (int index = _oldest; index != 0; index = _slots[index].Age.Next)
        {
            _slots[index].Deadline = deadline;
        }
    }

    /// <summary>How many calls of this caller wait (max_replies_per_connection is checked by whoever adds).</summary>
    internal int CountOf(in ReplyLists caller) => caller.Anchor == 0 ? 0 : _anchors[caller.Anchor].CallsMade;

    private long Ticks(TimeSpan? timeout) => timeout is { } limit ? Math.Max(1, (long)(limit.TotalSeconds * _clock.TimestampFrequency)) : 0;

    /// <param name="call">The call.</param>
    /// <param name="caller">Who waits.</param>
    /// <param name="callee">For whose answer.</param>
    /// <param name="counter">Counts all calls of a group that the caller is always in; null: it is in none.</param>
    /// <returns>False when the caller has an unanswered call of this serial to this callee already.</returns>
    internal bool TryAdd(in PendingCall call, ref ReplyLists caller, ref ReplyLists callee, OpenCalls? counter = null)
    {
        uint hash = HashOf(call);
        if (Find(call, hash) != 0)
        {
            return false;
        }

        EnsureAnchor(ref caller);
        EnsureAnchor(ref callee);
        int index = TakeSlot();
        ref Slot slot = ref _slots[index];
        slot.Call = call;
        slot.Deadline = _timeout == 0 ? 0 : _clock.GetTimestamp() + _timeout;
        slot.CallerAnchor = caller.Anchor;
        if (counter is not null)
        {
            _anchors[caller.Anchor].Counter = counter;
            counter.Count++;
        }

        slot.CalleeAnchor = callee.Anchor;
        ref int bucket = ref BucketOf(hash);
        slot.NextInBucket = bucket;
        bucket = index;
        LinkLast(index, ref slot);
        PeakCount = Math.Max(PeakCount, ++Count);
        return true;
    }

    /// <summary>Takes out the call that a reply answers.</summary>
    /// <returns>False when nobody waits for that reply.</returns>
    internal bool TryTake(in PendingCall call)
    {
        int index = Find(call, HashOf(call));
        if (index == 0)
        {
            return false;
        }

        Remove(index);
        return true;
    }

    /// <summary>Forgets the calls that a connection made: it is gone and nobody is told.</summary>
    internal void DropCaller(ref ReplyLists caller)
    {
        while (caller.Anchor != 0 && _anchors[caller.Anchor].FirstMade is var index and not 0)
        {
            Remove(index);
        }

        ReleaseAnchor(ref caller);
    }

    /// <summary>Takes out the calls that a gone connection did not answer, in the order in which they were delivered to it.</summary>
    /// <remarks>Call <see cref="DropCaller"/> first: a connection that called itself is told nothing.</remarks>
    internal void DropCallee(ref ReplyLists callee, List<PendingCall> unanswered)
    {
        while (callee.Anchor != 0 && _anchors[callee.Anchor].FirstReceived is var index and not 0)
        {
            unanswered.Add(_slots[index].Call);
            Remove(index);
        }

        ReleaseAnchor(ref callee);
    }

    /// <summary>Takes out the calls whose deadline is not after <paramref name="now"/> (a timestamp of the clock), oldest first.</summary>
    internal void TakeExpired(long now, List<PendingCall> expired)
    {
        while (NextDeadline is { } deadline && deadline <= now)
        {
            expired.Add(_slots[_oldest].Call);
            Remove(_oldest);
        }
    }

    // Multilinear hashing, whose factors are random for each process: serials are chosen by peers.
    private static uint HashOf(in PendingCall call) =>
        (uint)((SeedOfAll + (SeedOfCallers * (uint)call.Caller) + (SeedOfCallees * (uint)call.Callee) + (SeedOfSerials * call.Serial)) >> 32);

    private static ulong Random(int which) => ((ulong)(uint)HashCode.Combine(which, 1) << 32) | (uint)HashCode.Combine(which, 2);

    private ref int BucketOf(uint hash) => ref _buckets[hash & (uint)(_buckets.Length - 1)];

    private int Find(in PendingCall call, uint hash)
    {
        int index = BucketOf(hash);
        while (index != 0 && _slots[index].Call != call)
        {
            Probes++;
            index = _slots[index].NextInBucket;
        }

        return index;
    }

    private void LinkLast(int index, ref Slot slot)
    {
        ref Anchor caller = ref _anchors[slot.CallerAnchor];
        slot.Made.Previous = caller.LastMade;
        slot.Made.Next = 0;
        (caller.LastMade == 0 ? ref caller.FirstMade : ref _slots[caller.LastMade].Made.Next) = index;
        caller.LastMade = index;
        caller.CallsMade++;

        ref Anchor callee = ref _anchors[slot.CalleeAnchor];
        slot.Received.Previous = callee.LastReceived;
        slot.Received.Next = 0;
        (callee.LastReceived == 0 ? ref callee.FirstReceived : ref _slots[callee.LastReceived].Received.Next) = index;
        callee.LastReceived = index;

        slot.Age.Previous = _youngest;
        slot.Age.Next = 0;
        (_youngest == 0 ? ref _oldest : ref _slots[_youngest].Age.Next) = index;
        _youngest = index;
    }

    private void Unlink(in Slot slot)
    {
        ref Anchor caller = ref _anchors[slot.CallerAnchor];
        (slot.Made.Previous == 0 ? ref caller.FirstMade : ref _slots[slot.Made.Previous].Made.Next) = slot.Made.Next;
        (slot.Made.Next == 0 ? ref caller.LastMade : ref _slots[slot.Made.Next].Made.Previous) = slot.Made.Previous;
        caller.CallsMade--;
        if (caller.Counter is { } counter)
        {
            counter.Count--;
        }

        ref Anchor callee = ref _anchors[slot.CalleeAnchor];
        (slot.Received.Previous == 0 ? ref callee.FirstReceived : ref _slots[slot.Received.Previous].Received.Next) = slot.Received.Next;
        (slot.Received.Next == 0 ? ref callee.LastReceived : ref _slots[slot.Received.Next].Received.Previous) = slot.Received.Previous;

        (slot.Age.Previous == 0 ? ref _oldest : ref _slots[slot.Age.Previous].Age.Next) = slot.Age.Next;
        (slot.Age.Next == 0 ? ref _youngest : ref _slots[slot.Age.Next].Age.Previous) = slot.Age.Previous;
    }

    private void Remove(int index)
    {
        ref Slot slot = ref _slots[index];
        ref int link = ref BucketOf(HashOf(slot.Call));
        while (link != index)
        {
            Probes++;
            link = ref _slots[link].NextInBucket;
        }

        link = slot.NextInBucket;
        Unlink(slot);
        slot.NextInBucket = _freeSlot;
        _freeSlot = index;
        if (--Count == 0 && _slots.Length > KeptWhenEmpty)
        {
            Clear();
        }
    }

    private int TakeSlot()
    {
        if (_freeSlot is var free and not 0)
        {
            _freeSlot = _slots[free].NextInBucket;
            return free;
        }

        if (_slotsUsed == _slots.Length)
        {
            Grow();
        }

        return _slotsUsed++;
    }

    // Called with no free slot, so all slots in use are calls.
    private void Grow()
    {
        Array.Resize(ref _slots, _slots.Length * 2);
        _buckets = new int[_slots.Length];
        for (int index = 1; index < _slotsUsed; index++)
        {
            ref int bucket = ref BucketOf(HashOf(_slots[index].Call));
            _slots[index].NextInBucket = bucket;
            bucket = index;
        }
    }

    // A flood's tables don't stay for ever.
    private void Clear()
    {
        _slots = new Slot[FirstSize];
        _buckets = new int[FirstSize];
        _slotsUsed = 1;
        _freeSlot = 0;
        if (_anchors.Length == 0)
        {
            _anchors = new Anchor[FirstSize];
        }
    }

    private void EnsureAnchor(ref ReplyLists lists)
    {
        if (lists.Anchor != 0)
        {
            return;
        }

        AnchorCount++;
        if (_freeAnchor is var free and not 0)
        {
            _freeAnchor = _anchors[free].FirstMade;
            _anchors[free] = default;
            lists.Anchor = free;
            return;
        }

        if (_anchorsUsed == _anchors.Length)
        {
            Array.Resize(ref _anchors, _anchors.Length * 2);
        }

        lists.Anchor = _anchorsUsed++;
    }

    private void ReleaseAnchor(ref ReplyLists lists)
    {
        if (lists.Anchor == 0 || _anchors[lists.Anchor].FirstMade != 0 || _anchors[lists.Anchor].FirstReceived != 0)
        {
            return;
        }

        _anchors[lists.Anchor] = new Anchor { FirstMade = _freeAnchor };
        _freeAnchor = lists.Anchor;
        lists.Anchor = 0;
        AnchorCount--;
    }

    private struct Links
    {
        internal int Previous;
        internal int Next;
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Slot
    {
        internal PendingCall Call;
        internal long Deadline;
        internal int NextInBucket;
        internal int CallerAnchor;
        internal int CalleeAnchor;
        internal Links Made;
        internal Links Received;
        internal Links Age;
    }

    // One connection: the calls that it made and the calls that it received and did not answer.
    private struct Anchor
    {
        internal int FirstMade;
        internal int LastMade;
        internal int FirstReceived;
        internal int LastReceived;
        internal int CallsMade;
        internal OpenCalls? Counter;
    }
}
