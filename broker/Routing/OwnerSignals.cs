using XcpBroker.Auth.Policy;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Names;

namespace XcpBroker.Routing;

/// <summary>The signals of a change of owner, in the one order that clients rely on: NameLost, NameOwnerChanged, NameAcquired, what waited for it.</summary>
/// <remarks>A domain hears NameOwnerChanged as if what it does not see were not there: a peer that it comes to see appears, one that it sees no longer vanishes.</remarks>
internal sealed class OwnerSignals(BusMessages bus, IAbsentPeers absent, Visibility visibility, NameRegistry<Connection> names)
{
    private static readonly Predicate<Connection> HostAndTold = static receiver => receiver.Sight is not { IsTold: false };

    /// <summary>A copy of a signal costs so much less than a message of its own.</summary>
    private const int WorkPerMessage = 8;

    private readonly OneSight _one = new();
    private int _work;

    /// <param name="change">What has changed hands.</param>
    /// <param name="isLeaving">Its former owner gives up all that it has, one after the other.</param>
    internal void OwnerChanged(in NameOwnerChange<Connection> change, bool isLeaving = false)
    {
        if (change.OldOwner is { } old)
        {
            bus.SendNameLost(old, change.Name);
        }

        if (visibility.Sights.Count == 0)
        {
            Broadcast(change.Name, NameOf(change.OldOwner), NameOf(change.NewOwner));
        }
        else
        {
            TellOwnerChanged(change, isLeaving);
        }

        if (change.NewOwner is { } owner)
        {
            bus.SendNameAcquired(owner, change.Name);

            // Before anything newer, and before the answer to RequestName.
            absent.NameAcquired(change.Name, owner);
        }
        else
        {
            absent.NameLost(change.Name);
        }
    }

    /// <summary>A peer waits for other names than before, which policies may mention.</summary>
    internal void ClaimsChanged(Connection peer)
    {
        foreach (DomainSight sight in visibility.Sights)
        {
            Note(sight, peer, (sight[peer] & ~SeenBecause.Reachable) | Reach(sight, peer), null);
        }
    }

    internal void UniqueNameAcquired(Connection connection)
    {
        visibility.Joined(connection);
        foreach (DomainSight sight in visibility.Sights)
        {
            sight[connection] = visibility.Judge(sight, connection);
            sight.IsTold = sight[connection] != SeenBecause.Nothing;
        }

        string name = connection.UniqueNameText;
        Broadcast(name, "", name, Filter);
        bus.SendNameAcquired(connection, name);
    }

    internal void UniqueNameLost(Connection connection)
    {
        string name = connection.UniqueNameText;
        bus.SendNameLost(connection, name);
        foreach (DomainSight sight in visibility.Sights)
        {
            sight.IsTold = sight[connection] != SeenBecause.Nothing;
            sight[connection] = SeenBecause.Nothing;
        }

        Broadcast(name, name, "", Filter);
        visibility.Left(connection);
    }

    /// <summary>A message is about to go from one peer to the other; at least one of them is in a domain.</summary>
    internal void Meet(Connection sender, Connection receiver)
    {
        if (sender == receiver)
        {
            return;
        }

        if (sender.Sight is { } ofSender && !ofSender.HasMet(receiver))
        {
            Introduce(ofSender, receiver);
        }

        if (receiver.Sight is { } ofReceiver && !ofReceiver.HasMet(sender))
        {
            Introduce(ofReceiver, sender);
        }
    }

    /// <summary>A domain is about to hear of a peer by a message of it.</summary>
    internal void Introduce(DomainSight sight, Connection peer)
    {
        // Its messages may outlive it, and be delivered when there is nobody of that name any more.
        if (sight.Viewers > 0 && peer.State == ConnectionState.Active)
        {
            Note(sight, peer, sight[peer] | SeenBecause.Met, null);
        }
    }

    /// <summary>Other rules, or other domains, are in force.</summary>
    /// <param name="peers">All peers that have said Hello.</param>
    internal void RulesChanged(IEnumerable<Connection> peers)
    {
        Connection[] all = visibility.Sights.Count == 0 ? [] : [.. peers];
        foreach (DomainSight sight in visibility.Sights)
        {
            PeerPolicy? before = sight.Policy;
            Visibility.Renew(sight);
            foreach (Connection peer in all)
            {
                if (peer.State == ConnectionState.Active)
                {
                    Note(sight, peer, (sight[peer] & SeenBecause.Met) | visibility.Judge(sight, peer), null, before);
                }
            }
        }
    }

    /// <summary>Makes the domain of whoever has caused them pay for the signals that were sent since this was called last.</summary>
    internal void ChargeTo(Connection connection)
    {
        connection.Domain?.Rate.Take(_work / WorkPerMessage);
        _work = 0;
    }

    private void Broadcast(string name, string old, string owner, Predicate<Connection>? who = null) =>
        _work += bus.BroadcastNameOwnerChanged(name, old, owner, who);

    private Predicate<Connection>? Filter => visibility.Sights.Count == 0 ? null : HostAndTold;

    private static string NameOf(Connection? owner) => owner?.UniqueNameText ?? "";

    private SeenBecause Reach(DomainSight sight, Connection peer) =>
        visibility.IsReachable(sight, peer) ? SeenBecause.Reachable : SeenBecause.Nothing;

    private void TellOwnerChanged(in NameOwnerChange<Connection> change, bool isLeaving)
    {
        Connection? old = change.OldOwner;
        Connection? owner = change.NewOwner;
        foreach (DomainSight sight in visibility.Sights)
        {
            bool seesOld = old is not null && visibility.SeesName(sight, change.Name, sight[old]);
            bool seesNew = false;
            if (owner is not null)
            {
                SeenBecause reasons = (sight[owner] & ~SeenBecause.Reachable) | Reach(sight, owner);
                reasons |= visibility.MayOwn(sight, change.Name) ? SeenBecause.Rival : SeenBecause.Nothing;
                Note(sight, owner, reasons, change.Name);
                seesNew = visibility.SeesName(sight, change.Name, reasons);
            }

            sight.IsTold = seesOld == old is not null && seesNew == owner is not null;
            if (!sight.IsTold)
            {
                Tell(sight, change.Name, seesOld ? NameOf(old) : "", seesNew ? NameOf(owner) : "");
            }
        }

        Broadcast(change.Name, NameOf(old), NameOf(owner), HostAndTold);
        if (old is null || isLeaving)
        {
            return;
        }

        foreach (DomainSight sight in visibility.Sights)
        {
            SeenBecause reasons = (sight[old] & SeenBecause.Met) | visibility.Judge(sight, old);
            Note(sight, old, reasons, null);
        }
    }

    /// <summary>Notes why a domain sees a peer from now on, and tells the domain what that changes.</summary>
    /// <param name="sight">The domain's.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="after">Why.</param>
    /// <param name="except">A name of the peer's that the domain is told of otherwise.</param>
    /// <param name="former">What the domain might do before; null: the same as now.</param>
    private void Note(DomainSight sight, Connection peer, SeenBecause after, string? except, PeerPolicy? former = null)
    {
        SeenBecause before = sight[peer];
        if (before == after && former is null)
        {
            return;
        }

        sight[peer] = after;
        string unique = peer.UniqueNameText;
        if (before == SeenBecause.Nothing && after != SeenBecause.Nothing)
        {
            Tell(sight, unique, "", unique);
        }

        IReadOnlyList<string> owned = names.OwnedNames(peer);
        for (int i = 0; i < owned.Count; i++)
        {
            string name = owned[i];
            bool wasSeen = (before & SeenBecause.Reachable) != 0
                || ((before & SeenBecause.Rival) != 0 && (former is null ? visibility.MayOwn(sight, name) : visibility.MayOwn(sight, former, name)));
            bool isSeen = visibility.SeesName(sight, name, after);
            if (wasSeen != isSeen && name != except)
            {
                Tell(sight, name, wasSeen ? unique : "", isSeen ? unique : "");
            }
        }

        if (before != SeenBecause.Nothing && after == SeenBecause.Nothing)
        {
            Tell(sight, unique, unique, "");
        }
    }

    private void Tell(DomainSight sight, string name, string old, string owner)
    {
        if (old.Length + owner.Length > 0)
        {
            Broadcast(name, old, owner, _one.Choose(sight));
        }
    }

    /// <summary>Chooses the peers of one domain.</summary>
    private sealed class OneSight
    {
        private readonly Predicate<Connection> _predicate;
        private DomainSight? _sight;

        internal OneSight() => _predicate = receiver => receiver.Sight is { } sight && sight == _sight;

        internal Predicate<Connection> Choose(DomainSight sight)
        {
            _sight = sight;
            return _predicate;
        }
    }
}
