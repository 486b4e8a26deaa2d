using XcpBroker.Auth.Policy;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Names;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Routing;

/// <summary>What is there for a peer: everything for those of this host; for those of a domain what decision 13 says.</summary>
/// <remarks>
/// It decides and remembers; <see cref="OwnerSignals"/> tells. Where no domain is connected nothing is kept and nothing asked.
/// A domain sees a name that it may send to, receive from or own, and the unique name of a peer that it has exchanged a message with.
/// </remarks>
internal sealed class Visibility(ConnectionTable connections, NameRegistry<Connection> names, PolicyGate gate, NameReservations reservations)
{
    private readonly List<DomainSight> _sights = [];

    /// <summary>Of domains that have a peer here.</summary>
    internal IReadOnlyList<DomainSight> Sights => _sights;

    /// <summary>Who answers to a name, as far as <paramref name="viewer"/> can tell.</summary>
    internal Connection? OwnerOf(Connection viewer, ReadOnlySpan<byte> name)
    {
        Connection? owner = connections.OwnerOf(name, names);
        return viewer.Sight is null || owner is null || Sees(viewer, owner, name) ? owner : null;
    }

    /// <summary>Whether a peer's unique name is there for a viewer.</summary>
    internal static bool SeesPeer(Connection viewer, Connection peer) =>
        viewer.Sight is not { } sight || viewer == peer || sight[peer] != SeenBecause.Nothing;

    /// <summary>Whether a name with this owner is there for a viewer.</summary>
    internal bool SeesName(Connection viewer, string name, Connection owner) =>
        viewer.Sight is not { } sight || viewer == owner || SeesName(sight, name, sight[owner]);

    /// <summary>Whether a name is there for a viewer if nobody owns it: a service that could be started, or is waited for.</summary>
    internal bool SeesAbsent(Connection viewer, string name)
    {
        if (viewer.Sight is not { } sight)
        {
            return true;
        }

        PolicyNames absent = gate.Policy.NamesOf([name], reservations.PlaceOf(name));
        return PolicyOf(sight).MayReach(absent) || MayOwn(sight, name);
    }

    /// <summary>Whether a name that was written into a message is there for its sender.</summary>
    internal bool Sees(Connection viewer, ReadOnlySpan<byte> name) => connections.OwnerOf(name, names) is { } owner
        ? Sees(viewer, owner, name)
        : viewer.Sight is null || (!BusName.IsUnique(name) && SeesAbsent(viewer, StrictUtf8.Instance.GetString(name)));

    internal bool SeesName(DomainSight sight, string name, SeenBecause reasons) =>
        (reasons & SeenBecause.Reachable) != 0 || ((reasons & SeenBecause.Rival) != 0 && MayOwn(sight, name));

    internal bool MayOwn(DomainSight sight, string name) => MayOwn(sight, PolicyOf(sight), name);

    internal bool MayOwn(DomainSight sight, PeerPolicy policy, string name) =>
        policy.CheckOwn(name).IsAllowed && (reservations.DomainOf(name) is not { } domain || (sight.Identity.IsKnown && sight.Identity.Name == domain));

    /// <summary>Whether the policy lets a domain reach a peer by any of its names.</summary>
    internal bool IsReachable(DomainSight sight, Connection peer)
    {
        PolicyNames known = gate.NamesOf(peer);
        if (!ReferenceEquals(sight.LastJudged.Names, known))
        {
            sight.LastJudged = (known, PolicyOf(sight).MayReach(known));
        }

        return sight.LastJudged.IsReachable;
    }

    internal bool IsRival(DomainSight sight, Connection peer)
    {
        IReadOnlyList<string> owned = names.OwnedNames(peer);
        for (int i = 0; i < owned.Count; i++)
        {
            if (MayOwn(sight, owned[i]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All reasons but that they have met.</summary>
    internal SeenBecause Judge(DomainSight sight, Connection peer) =>
        (IsReachable(sight, peer) ? SeenBecause.Reachable : SeenBecause.Nothing) | (IsRival(sight, peer) ? SeenBecause.Rival : SeenBecause.Nothing);

    /// <summary>A peer has said Hello. The first of a domain finds what the domain sees.</summary>
    internal void Joined(Connection connection)
    {
        if (connection.Sight is { } sight && sight.Viewers++ == 0)
        {
            Renew(sight);
            _sights.Add(sight);
            foreach (Connection peer in connections.Registered)
            {
                sight[peer] = peer.State == ConnectionState.Active ? Judge(sight, peer) : SeenBecause.Nothing;
            }
        }
    }

    /// <summary>A peer that had said Hello is gone.</summary>
    internal void Left(Connection connection)
    {
        if (connection.Sight is { } sight && --sight.Viewers == 0)
        {
            _sights.Remove(sight);
            sight.Clear();
        }
    }

    /// <summary>Other rules are in force; what was judged by the former ones is judged anew.</summary>
    internal static void Renew(DomainSight sight)
    {
        sight.Policy = null;
        sight.LastJudged = default;
    }

    private bool Sees(Connection viewer, Connection owner, ReadOnlySpan<byte> name) => BusName.IsUnique(name)
        ? SeesPeer(viewer, owner)
        : SeesName(viewer, StrictUtf8.Instance.GetString(name), owner);

    private PeerPolicy PolicyOf(DomainSight sight) => sight.Policy ??= gate.Policy.ForDomain(sight.Identity);
}
