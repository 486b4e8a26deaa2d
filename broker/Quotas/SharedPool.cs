namespace XcpBroker.Quotas;

/// <summary>Units that several holders share so that none of them, nor all together, leaves nothing for the next.</summary>
/// <remarks>
/// The rule: a holder may come to hold h when n * h is at most what is then left, n being the number of holders, itself included.
///
/// What it proves. Take the k holders that there are in the order of their latest gain. At its own the i-th held what it holds or more, and so
/// did each before it, so at least i held: i * h is at most what the first i leave. Hence each leaves i/(i+1) of what there was before it,
/// and all k leave at least capacity/(k+1), whatever they do. A newcomer may take r/(k+2) of these r, that is
/// capacity/((k+1)(k+2)). No rule that never takes back what it gave does much better: over all newcomers these shares sum up to the capacity.
///
/// Pools nest: a pool's capacity is what it holds of its parent. It grows on demand, by the same rule one level up. It shrinks when it is more
/// than four times what the rule needs to have left even if one holder held all of it; so nobody inside was ever promised the difference.
/// A newcomer to a pool of k others, in a parent of m others, gets parent/((m+1)(m+2)(k+1)(k+2)) or more.
/// As in dbus-broker (src/util/user.c), but there a user's pool has a fixed size and is not shared out between the user's connections.
/// </remarks>
internal sealed class SharedPool
{
    private const int ShrinkFactor = 4;

    private readonly SharedPool? _parent;

    /// <summary>The outermost pool, of a fixed capacity.</summary>
    internal SharedPool(long capacity) => Resize(capacity);

    internal SharedPool(SharedPool parent) => _parent = parent;

    internal long Capacity { get; private set; }

    internal long Used { get; private set; }

    /// <summary>What it never asks its parent for more than, whatever there is.</summary>
    internal long Limit { get; set; } = QuotaLimits.Unlimited;

    /// <summary>What one holder alone can never hold more than.</summary>
    private long Largest => _parent?.Largest ?? Capacity;

    /// <summary>Number of holders that hold anything.</summary>
    internal int Holders { get; private set; }

    /// <summary>Another capacity for the outermost pool. If more is used already, nothing is given until enough has come back.</summary>
    internal void Resize(long capacity) => Capacity = Math.Min(capacity, QuotaLimits.Unlimited);

    /// <summary>Lets one holder go from <paramref name="from"/> to more, if the rule allows.</summary>
    internal bool TryRaise(long from, long to)
    {
        if (to > Largest)
        {
            return false;
        }

        int holders = Holders + (from == 0 ? 1 : 0);
        long used = Used + (to - from);
        long needed = used + (holders * to); // no overflow: 2^42 times the number of holders
        if (needed > Capacity)
        {
            if (_parent is null || needed > Limit || !_parent.TryRaise(Capacity, needed))
            {
                return false;
            }

            Capacity = needed;
        }

        Holders = holders;
        Used = used;
        return true;
    }

    /// <summary>Whether the rule would let one holder come to this much if there were no other.</summary>
    internal bool CouldHold(long units) => units <= Math.Min(Largest, Limit) / 2 && (_parent?.CouldHold(2 * units) ?? true);

    /// <summary>Takes back from one holder what it gives up between <paramref name="from"/> and <paramref name="to"/>.</summary>
    internal void Lower(long from, long to)
    {
        Holders -= to == 0 ? 1 : 0;
        Used -= from - to;
        long enough = (Holders + 1) * Used;
        if (_parent is not null && (enough == 0 || enough <= Capacity / ShrinkFactor))
        {
            _parent.Lower(Capacity, enough);
            Capacity = enough;
        }
    }
}
