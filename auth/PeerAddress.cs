using System.Net;

namespace XcpBroker.Auth;

/// <summary>Where the kernel says a peer has connected from. One derived record per transport that can tell; its text is for people.</summary>
/// <param name="Transport">What addresses call the transport: <c>unix</c>, <c>tcp</c> or another.</param>
public abstract record PeerAddress(string Transport)
{
    /// <summary>Any peer of a socket of this host: where it is in the host, its credentials say.</summary>
    public static PeerAddress Unix { get; } = new UnixPeerAddress();

    /// <summary>Whether it is outside this host, so that its users are not this host's.</summary>
    public virtual bool IsRemote => true;

    /// <summary>
    /// Whether nobody can come from another's, whatever the listener: it proves which domain the peer is in. Otherwise it does where the
    /// listener's owner says so.
    /// </summary>
    public virtual bool IsProof => false;

    /// <summary>The number that the hypervisor gave the peer's domain, if the address is that; null: it is something else.</summary>
    public virtual uint? DomainId => null;

    /// <summary>A peer of a TCP socket.</summary>
    public static PeerAddress OfTcp(IPAddress ip)
    {
        ArgumentNullException.ThrowIfNull(ip);
        return new TcpPeerAddress(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip);
    }

    private sealed record UnixPeerAddress() : PeerAddress("unix")
    {
        public override bool IsRemote => false;

        public override string ToString() => Transport;
    }
}

/// <summary>The source address of a TCP connection. Anybody on the way can write any.</summary>
/// <param name="Ip">IPv4 as such, never mapped into IPv6.</param>
public sealed record TcpPeerAddress(IPAddress Ip) : PeerAddress("tcp")
{
    /// <inheritdoc/>
    public override string ToString() => $"tcp: {Ip}";
}
