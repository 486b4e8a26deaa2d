using XcpBroker.Collections;

namespace XcpBroker.Names;

/// <summary>One well-known name and who wants it: the head owns it, the others wait in order.</summary>
internal sealed class NameQueue<TPeer>(string name)
    where TPeer : class
{
    private IntrusiveList<NameClaim<TPeer>, NameClaim<TPeer>.QueueLinks> _claims;

    internal string Name { get; } = name;

    /// <summary>The primary owner's claim; null only until the first claim is there.</summary>
    internal NameClaim<TPeer>? Head => _claims.First;

    internal void Append(NameClaim<TPeer> claim) => _claims.AddLast(claim);

    internal void Prepend(NameClaim<TPeer> claim) => _claims.AddFirst(claim);

    internal void Remove(NameClaim<TPeer> claim) => _claims.Remove(claim);
}

/// <summary>One peer's place in the queue of one name, with the flags of its latest RequestName.</summary>
/// <remarks>It stands in two lists at once: the name's queue and the peer's claims.</remarks>
internal sealed class NameClaim<TPeer>(NameQueue<TPeer> queue, PeerNames<TPeer> holder)
    where TPeer : class
{
    internal const int NotPrimary = -1;

    private ListLinks<NameClaim<TPeer>> _inQueue;
    private ListLinks<NameClaim<TPeer>> _inHolder;

    internal NameQueue<TPeer> Queue { get; } = queue;

    internal PeerNames<TPeer> Holder { get; } = holder;

    internal bool AllowsReplacement { get; private set; }

    internal bool DoesNotQueue { get; private set; }

    /// <summary>Who waits next for the name.</summary>
    internal NameClaim<TPeer>? Behind => _inQueue.Next;

    /// <summary>The holder's next claim.</summary>
    internal NameClaim<TPeer>? Later => _inHolder.Next;

    /// <summary>Index among the names that the holder owns, or <see cref="NotPrimary"/>.</summary>
    internal int PrimaryIndex { get; set; } = NotPrimary;

    internal void Remember(RequestNameFlags flags)
    {
        AllowsReplacement = (flags & RequestNameFlags.AllowReplacement) != 0;
        DoesNotQueue = (flags & RequestNameFlags.DoNotQueue) != 0;
    }

    internal readonly struct QueueLinks : ILinksOf<NameClaim<TPeer>>
    {
        public static ref ListLinks<NameClaim<TPeer>> In(NameClaim<TPeer> item) => ref item._inQueue;
    }

    internal readonly struct HolderLinks : ILinksOf<NameClaim<TPeer>>
    {
        public static ref ListLinks<NameClaim<TPeer>> In(NameClaim<TPeer> item) => ref item._inHolder;
    }
}
