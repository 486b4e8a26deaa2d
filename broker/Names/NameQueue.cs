namespace XcpBroker.Names;

/// <summary>One well-known name and who wants it: the head owns it, the others wait in order.</summary>
internal sealed class NameQueue<TPeer>(string name)
    where TPeer : class
{
    private NameClaim<TPeer>? _tail;

    internal string Name { get; } = name;

    /// <summary>The primary owner's claim; null only until the first claim is there.</summary>
    internal NameClaim<TPeer>? Head { get; private set; }

    internal void Append(NameClaim<TPeer> claim)
    {
        claim.Ahead = _tail;
        if (_tail is null)
        {
            Head = claim;
        }
        else
        {
            _tail.Behind = claim;
        }

        _tail = claim;
    }

    internal void Prepend(NameClaim<TPeer> claim)
    {
        claim.Behind = Head;
        if (Head is null)
        {
            _tail = claim;
        }
        else
        {
            Head.Ahead = claim;
        }

        Head = claim;
    }

    internal void Remove(NameClaim<TPeer> claim)
    {
        if (claim.Ahead is null)
        {
            Head = claim.Behind;
        }
        else
        {
            claim.Ahead.Behind = claim.Behind;
        }

        if (claim.Behind is null)
        {
            _tail = claim.Ahead;
        }
        else
        {
            claim.Behind.Ahead = claim.Ahead;
        }

        claim.Ahead = null;
        claim.Behind = null;
    }
}

/// <summary>One peer's place in the queue of one name, with the flags of its latest RequestName.</summary>
/// <remarks>It stands in two lists at once: the name's queue (Ahead, Behind) and the peer's claims (Earlier, Later).</remarks>
internal sealed class NameClaim<TPeer>(NameQueue<TPeer> queue, PeerNames<TPeer> holder)
    where TPeer : class
{
    internal const int NotPrimary = -1;

    internal NameQueue<TPeer> Queue { get; } = queue;

    internal PeerNames<TPeer> Holder { get; } = holder;

    internal bool AllowsReplacement { get; private set; }

    internal bool DoesNotQueue { get; private set; }

    internal NameClaim<TPeer>? Ahead { get; set; }

    internal NameClaim<TPeer>? Behind { get; set; }

    internal NameClaim<TPeer>? Earlier { get; set; }

    internal NameClaim<TPeer>? Later { get; set; }

    /// <summary>Index among the names that the holder owns, or <see cref="NotPrimary"/>.</summary>
    internal int PrimaryIndex { get; set; } = NotPrimary;

    internal void Remember(RequestNameFlags flags)
    {
        AllowsReplacement = (flags & RequestNameFlags.AllowReplacement) != 0;
        DoesNotQueue = (flags & RequestNameFlags.DoNotQueue) != 0;
    }
}
