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

    /// <summary>Until it is known whose grace counts.</summary>
    internal static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(60);

    private const int Probes = 3;

    /// <summary>What is flushed at the end of a turn leaves at once; and a peer whose host has vanished is found out.</summary>
    internal override void Prepare(int fd)
    {
        _ = SocketOptions.TrySet(fd, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, 1);
        _ = SocketOptions.TrySet(fd, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, 1);
        SetGrace(fd, DefaultGrace);
    }

    /// <remarks>
    /// TCP_USER_TIMEOUT counts for bytes that nobody confirms, and for a peer that has taken none for so long; the probes of an idle
    /// connection begin after half of the time and are over with it. Source: tcp(7).
    /// </remarks>
    internal override void SetGrace(int fd, TimeSpan grace)
    {
        int milliseconds = (int)Math.Clamp(grace.TotalMilliseconds, 1000, int.MaxValue);
        int idle = Math.Max(1, milliseconds / 2000);
        int between = Math.Max(1, ((milliseconds / 1000) - idle) / Probes);
        _ = SocketOptions.TrySet(fd, LibC.IPPROTO_TCP, LibC.TCP_KEEPIDLE, Math.Min(idle, 32767));
        _ = SocketOptions.TrySet(fd, LibC.IPPROTO_TCP, LibC.TCP_KEEPINTVL, Math.Min(between, 32767));
        _ = SocketOptions.TrySet(fd, LibC.IPPROTO_TCP, LibC.TCP_KEEPCNT, Probes);
        _ = SocketOptions.TrySet(fd, LibC.IPPROTO_TCP, LibC.TCP_USER_TIMEOUT, milliseconds);
    }

    /// <summary>Of a peer that is gone again, no address that a domain could have.</summary>
    internal override PeerAddress Locate(int fd) => PeerAddress.OfTcp(SocketName.OfPeer(fd)?.Host ?? IPAddress.None);
}
