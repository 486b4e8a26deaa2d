using System.Net;
using XcpBroker.Auth;
using XcpBroker.Interop;

namespace XcpBroker.Transport;

/// <summary>TCP: whoever is at the other end, the kernel does not know.</summary>
/// <remarks>Nothing is secret on the way, and nothing is kept from being changed: the specification says so, "transports-tcp-sockets".</remarks>
internal sealed class TcpTransport : StreamTransport
{
    internal override bool CanPassFds => false;

    internal override bool KnowsUsers => false;

    /// <summary>What is flushed at the end of a turn leaves at once; and a peer whose host has vanished is found out, by and by.</summary>
    internal override void Prepare(int fd)
    {
        _ = SocketOptions.TrySet(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
        _ = SocketOptions.TrySet(fd, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, 1);
    }

    /// <summary>Of a peer that is gone again, no address that a domain could have.</summary>
    internal override PeerAddress Locate(int fd) => PeerAddress.OfTcp(SocketName.OfPeer(fd)?.Host ?? IPAddress.None);
}
