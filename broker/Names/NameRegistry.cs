using System.Runtime.InteropServices;

namespace XcpBroker.Names;

/// <summary>Who owns and who waits for each well-known name. It decides and remembers; signals are the caller's affair.</summary>
/// <remarks>
/// Names come in validated: well-known, not org.freedesktop.DBus. Unique names are not kept here.
/// Cost: each operation is O(1) however long a queue is; a disconnect costs what the peer claims.
/// Difference from dbus-daemon: a requester whose REPLACE_EXISTING fails is appended to the queue, as the specification has it, not put second.
/// Source: specification, "org.freedesktop.DBus.RequestName" and "org.freedesktop.DBus.ReleaseName".
/// </remarks>
internal sealed class NameRegistry<TPeer>
    where TPeer : class
{
    private readonly Dictionary<string, NameQueue<TPeer>> _queues = new(BusNameComparer.Instance);
    private readonly Dictionary<string, NameQueue<TPeer>>.AlternateLookup<ReadOnlySpan<byte>> _queuesByBytes;
    private readonly Dictionary<TPeer, PeerNames<TPeer>> _peers = [];
    private readonly Dictionary<(NameQueue<TPeer>, PeerNames<TPeer>), NameClaim<TPeer>> _waiting = [];

    internal NameRegistry() => _queuesByBytes = _queues.GetAlternateLookup<ReadOnlySpan<byte>>();

    /// <summary>Told of a peer that owns or waits for one name more, or fewer (-1); set once by Composition.</summary>
    internal Action<TPeer, int>? ClaimsChanged { get; init; }

    /// <summary>Changes with each change of a primary owner.</summary>
    internal ulong Generation { get; private set; }

    /// <summary>Number of names that have an owner.</summary>
    internal int Count => _queues.Count;

    internal int PeakCount { get; private set; }

    /// <summary>Number of claims: owners and waiters of all names.</summary>
    internal int ClaimCount { get; private set; }

    internal int PeakClaimCount { get; private set; }

    /// <summary>The most claims that any one peer ever had at once.</summary>
    internal int PeakClaimsPerPeer { get; private set; }

    /// <summary>True when nothing is claimed and no peer is remembered.</summary>
    internal bool IsEmpty => _queues.Count == 0 && _peers.Count == 0 && _waiting.Count == 0;

    /// <summary>All names that have an owner, in no order.</summary>
    internal Dictionary<string, NameQueue<TPeer>>.KeyCollection Names => _queues.Keys;

    internal TPeer? OwnerOf(ReadOnlySpan<byte> name) =>
        _queuesByBytes.TryGetValue(name, out NameQueue<TPeer>? queue) ? queue.Head!.Holder.Peer : null;

    internal TPeer? OwnerOf(string name) => _queues.TryGetValue(name, out NameQueue<TPeer>? queue) ? queue.Head!.Holder.Peer : null;

    /// <summary>The primary owner, then those who wait, in order; empty for a name without owner.</summary>
    internal IEnumerable<TPeer> QueuedOwners(ReadOnlySpan<byte> name) =>
        _queuesByBytes.TryGetValue(name, out NameQueue<TPeer>? queue) ? PeersOf(queue) : [];

    /// <summary>Names whose primary owner the peer is. The list lives and changes with the peer's claims.</summary>
    internal IReadOnlyList<string> OwnedNames(TPeer peer) => _peers.TryGetValue(peer, out PeerNames<TPeer>? names) ? names : [];

    /// <summary>Names that the peer owns or waits for (send_destination= of a policy matches any of them).</summary>
    internal NameClaims<TPeer> ClaimsOf(TPeer peer) => new(_peers.GetValueOrDefault(peer));

    /// <summary>Number of names that the peer owns or waits for, without its unique name.</summary>
    internal int CountOf(TPeer peer) => _peers.TryGetValue(peer, out PeerNames<TPeer>? names) ? names.ClaimCount : 0;

    /// <summary>The highest <see cref="CountOf"/> since the peer's first request.</summary>
    internal int PeakCountOf(TPeer peer) => _peers.TryGetValue(peer, out PeerNames<TPeer>? names) ? names.PeakClaimCount : 0;

    /// <summary>True when the peer owns or waits for the name, so that asking for it again adds no claim.</summary>
    internal bool HasClaim(ReadOnlySpan<byte> name, TPeer peer) =>
        _queuesByBytes.TryGetValue(name, out NameQueue<TPeer>? queue)
        && _peers.TryGetValue(peer, out PeerNames<TPeer>? names)
        && FindClaim(queue, names) is not null;

    internal (RequestNameReply Reply, NameOwnerChange<TPeer>? Change) Request(ReadOnlySpan<byte> name, TPeer peer, RequestNameFlags flags)
    {
        ref NameQueue<TPeer>? queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_queuesByBytes, name, out bool exists);
        queue ??= new NameQueue<TPeer>(BusNameComparer.Instance.Create(name));
        return exists ? RequestOwned(queue, peer, flags) : RequestNew(queue, peer, flags);
    }

    internal (RequestNameReply Reply, NameOwnerChange<TPeer>? Change) Request(string name, TPeer peer, RequestNameFlags flags)
    {
        ref NameQueue<TPeer>? queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_queues, name, out bool exists);
        queue ??= new NameQueue<TPeer>(name);
        return exists ? RequestOwned(queue, peer, flags) : RequestNew(queue, peer, flags);
    }

    internal (ReleaseNameReply Reply, NameOwnerChange<TPeer>? Change) Release(ReadOnlySpan<byte> name, TPeer peer)
    {
        if (!_queuesByBytes.TryGetValue(name, out NameQueue<TPeer>? queue))
        {
            return (ReleaseNameReply.NonExistent, null);
        }

        return _peers.TryGetValue(peer, out PeerNames<TPeer>? names) && FindClaim(queue, names) is { } claim
            ? (ReleaseNameReply.Released, Remove(claim))
            : (ReleaseNameReply.NotOwner, null);
    }

    /// <summary>Takes back every claim of a peer that goes, its latest claim first, and appends what changed hands.</summary>
    internal void ReleaseAll(TPeer peer, List<NameOwnerChange<TPeer>> changes)
    {
        if (!_peers.Remove(peer, out PeerNames<TPeer>? names))
        {
            return;
        }

        while (names.Last is { } claim)
        {
            if (Remove(claim) is { } change)
            {
                changes.Add(change);
            }
        }
    }

    private static IEnumerable<TPeer> PeersOf(NameQueue<TPeer> queue)
    {
        for (NameClaim<TPeer>? claim = queue.Head; claim is not null; claim = claim.Behind)
        {
            yield return claim.Holder.Peer;
        }
    }

    private (RequestNameReply Reply, NameOwnerChange<TPeer>? Change) RequestNew(NameQueue<TPeer> queue, TPeer peer, RequestNameFlags flags)
    {
        NameClaim<TPeer> claim = AddClaim(queue, peer);
        claim.Remember(flags);
        queue.Append(claim);
        PeakCount = Math.Max(PeakCount, Count);
        return (RequestNameReply.PrimaryOwner, Pass(queue, null, claim));
    }

    private (RequestNameReply Reply, NameOwnerChange<TPeer>? Change) RequestOwned(NameQueue<TPeer> queue, TPeer peer, RequestNameFlags flags)
    {
        NameClaim<TPeer> owner = queue.Head!;
        NameClaim<TPeer>? claim = _peers.TryGetValue(peer, out PeerNames<TPeer>? names) ? FindClaim(queue, names) : null;
        if (claim == owner)
        {
            claim.Remember(flags);
            return (RequestNameReply.AlreadyOwner, null);
        }

        if ((flags & RequestNameFlags.ReplaceExisting) != 0 && owner.AllowsReplacement)
        {
            return (RequestNameReply.PrimaryOwner, Replace(owner, claim ?? AddClaim(queue, peer), flags));
        }

        if ((flags & RequestNameFlags.DoNotQueue) != 0)
        {
            _ = claim is null ? null : Remove(claim);
            return (RequestNameReply.Exists, null);
        }

        if (claim is null)
        {
            claim = AddClaim(queue, peer);
            queue.Append(claim);
            _waiting.Add((queue, claim.Holder), claim);
        }

        claim.Remember(flags);
        return (RequestNameReply.InQueue, null);
    }

    private NameOwnerChange<TPeer> Replace(NameClaim<TPeer> owner, NameClaim<TPeer> successor, RequestNameFlags flags)
    {
        NameQueue<TPeer> queue = owner.Queue;
        successor.Remember(flags);
        if (_waiting.Remove((queue, successor.Holder)))
        {
            queue.Remove(successor);
        }

        queue.Prepend(successor);
        NameOwnerChange<TPeer> change = Pass(queue, owner, successor);
        if (owner.DoesNotQueue)
        {
            queue.Remove(owner);
            Forget(owner);
        }
        else
        {
            _waiting.Add((queue, owner.Holder), owner);
        }

        return change;
    }

    private NameOwnerChange<TPeer>? Remove(NameClaim<TPeer> claim)
    {
        NameQueue<TPeer> queue = claim.Queue;
        bool wasOwner = claim == queue.Head;
        queue.Remove(claim);
        Forget(claim);
        if (!wasOwner)
        {
            _waiting.Remove((queue, claim.Holder));
            return null;
        }

        if (queue.Head is not { } successor)
        {
            _queues.Remove(queue.Name);
            return Pass(queue, claim, null);
        }

        _waiting.Remove((queue, successor.Holder));
        return Pass(queue, claim, successor);
    }

    private NameOwnerChange<TPeer> Pass(NameQueue<TPeer> queue, NameClaim<TPeer>? from, NameClaim<TPeer>? to)
    {
        Generation++;
        from?.Holder.RemovePrimary(from);
        to?.Holder.AddPrimary(to);
        return new NameOwnerChange<TPeer>(queue.Name, from?.Holder.Peer, to?.Holder.Peer);
    }

    private NameClaim<TPeer>? FindClaim(NameQueue<TPeer> queue, PeerNames<TPeer> names) =>
        queue.Head!.Holder == names ? queue.Head : _waiting.GetValueOrDefault((queue, names));

    private NameClaim<TPeer> AddClaim(NameQueue<TPeer> queue, TPeer peer)
    {
        ref PeerNames<TPeer>? names = ref CollectionsMarshal.GetValueRefOrAddDefault(_peers, peer, out _);
        names ??= new PeerNames<TPeer>(peer);
        NameClaim<TPeer> claim = new(queue, names);
        names.Add(claim);
        ClaimsChanged?.Invoke(peer, 1);
        PeakClaimCount = Math.Max(PeakClaimCount, ++ClaimCount);
        PeakClaimsPerPeer = Math.Max(PeakClaimsPerPeer, names.ClaimCount);
        return claim;
    }

    private void Forget(NameClaim<TPeer> claim)
    {
        claim.Holder.Remove(claim);
        ClaimsChanged?.Invoke(claim.Holder.Peer, -1);
        ClaimCount--;
    }
}
