using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Policy;
using XcpBroker.Connections;

namespace XcpBroker.Domains;

/// <summary>Why a domain sees a peer of the bus. Without any reason the peer is not there for it.</summary>
[Flags]
internal enum SeenBecause : byte
{
    Nothing = 0,

    /// <summary>A message has gone from one to the other. It stays so until the peer leaves.</summary>
    Met = 1,

    /// <summary>The policy lets the domain send to it, or receive from it by a name.</summary>
    Reachable = 2,

    /// <summary>It owns a name that the domain may own: that name alone is seen besides its unique one.</summary>
    Rival = 4,
}

/// <summary>What one domain sees of the peers of the bus: a byte for each, as many as there are connections.</summary>
/// <remarks>It remembers; <see cref="Routing.Visibility"/> decides. What is noted here is what the domain has been told by NameOwnerChanged.</remarks>
internal sealed class DomainSight(DomainIdentity identity)
{
    private byte[] _reasons = [];

    /// <summary>Whose it is.</summary>
    internal DomainIdentity Identity { get; private set; } = identity;

    /// <summary>What its peers may do; null: to be found out anew.</summary>
    internal PeerPolicy? Policy { get; set; }

    /// <summary>Peers of it that have said Hello. Without any there is nobody to see something, and nothing is noted.</summary>
    internal int Viewers { get; set; }

    /// <summary>Whether it gets the signal that is being sent.</summary>
    internal bool IsTold { get; set; }

    /// <summary>The answer for the last peer that was judged: most peers have no name that a rule mentions, and are alike.</summary>
    internal (PolicyNames? Names, bool IsReachable) LastJudged { get; set; }

    internal SeenBecause this[Connection peer]
    {
        get => (uint)peer.Slot < (uint)_reasons.Length ? (SeenBecause)_reasons[peer.Slot] : SeenBecause.Nothing;
        set
        {
            if ((uint)peer.Slot >= (uint)_reasons.Length)
            {
                if (value == SeenBecause.Nothing || peer.Slot < 0)
                {
                    return;
                }

                Array.Resize(ref _reasons, Math.Max(64, 2 * (peer.Slot + 1)));
            }

            _reasons[peer.Slot] = (byte)value;
        }
    }

    internal bool HasMet(Connection peer) => (this[peer] & SeenBecause.Met) != 0;

    /// <summary>It is the same domain, declared differently. What that changes is found when the rules are judged anew.</summary>
    internal void Change(DomainIdentity identity) => Identity = identity;

    /// <summary>There is nobody left who saw anything.</summary>
    internal void Clear() => _reasons = [];
}
