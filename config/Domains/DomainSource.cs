using XcpBroker.Auth;

namespace XcpBroker.Config.Domains;

/// <summary>A <c>&lt;source&gt;</c> that peers of a domain come from. One derived record per transport that can tell where a peer is.</summary>
/// <remarks>Sockets of a domain are none of these: whoever connects to one is of that domain, wherever it comes from.</remarks>
public abstract record DomainSource
{
    /// <summary>Whether a peer that comes from there comes from this source. Whether the address can be trusted is the listener's business.</summary>
    public abstract bool Contains(PeerAddress address);

    /// <summary>What both contain, as errors name it; null: nothing.</summary>
    public abstract string? SharedWith(DomainSource other);
}
