using System.Net;

namespace XcpBroker.Auth;

/// <summary>Over what kind of transport a peer has come.</summary>
public enum PeerAddressKind : byte
{
    /// <summary>A socket of this host.</summary>
    Unix,

    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>AF_VSOCK.</summary>
    Vsock,
}

/// <summary>Where the kernel says a peer has connected from. It proves who the peer is only where the listener's owner says so.</summary>
public sealed record PeerAddress
{
    private PeerAddress(PeerAddressKind kind) => Kind = kind;

    /// <summary>Any peer of a Unix socket: where it is in the host, its credentials say.</summary>
    public static PeerAddress Unix { get; } = new(PeerAddressKind.Unix);

    /// <summary>The kind of transport.</summary>
    public PeerAddressKind Kind { get; }

    /// <summary>Of TCP: the source address; IPv4 as such, never mapped into IPv6.</summary>
    public IPAddress? Ip { get; private init; }

    /// <summary>Of vsock: the peer's context id, which the hypervisor sets and the peer cannot choose.</summary>
    public uint? Cid { get; private init; }

    /// <summary>What addresses call the transport: <c>unix</c>, <c>tcp</c> or <c>vsock</c>.</summary>
    public string Transport => Kind switch
    {
        PeerAddressKind.Tcp => "tcp",
        PeerAddressKind.Vsock => "vsock",
        _ => "unix",
    };

    /// <summary>A peer of a TCP socket.</summary>
    public static PeerAddress OfTcp(IPAddress ip)
    {
        ArgumentNullException.ThrowIfNull(ip);
        return new PeerAddress(PeerAddressKind.Tcp) { Ip = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip };
    }

    /// <summary>A peer of a vsock socket.</summary>
    public static PeerAddress OfVsock(uint cid) => new(PeerAddressKind.Vsock) { Cid = cid };
}
