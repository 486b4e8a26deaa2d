using System.Net;
using XcpBroker.Auth;
using XcpBroker.Config;
using XcpBroker.Interop;

namespace XcpBroker.Transport;

/// <summary>TCP: whoever is at the other end, the kernel does not know.</summary>
/// <param name="hasNonce">Whether it is <c>nonce-tcp:</c>.</param>
/// <remarks>Nothing is secret on the way, and nothing is kept from being changed: the specification says so, "transports-tcp-sockets".</remarks>
internal sealed class TcpTransport(bool hasNonce = false) : StreamTransport
{
    /// <summary>Until it is known whose grace counts.</summary>
    internal static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(60);

    private const int Probes = 3;

    public override TransportSyntax Syntax { get; } = new TcpSyntax(hasNonce);

    public override ListeningSocket Listen(ListenAddress configured, BrokerOptions options)
    {
        string guid = configured.Guid ?? ListeningSockets.NewId();
        NonceFile? nonce = hasNonce ? new NonceFile() : null;
        IReadOnlyList<int> descriptors = TcpSocketOpener.Open((TcpListenAddress)configured, out TcpListenAddress address);
        return new ListeningSocket(descriptors, address with { Guid = guid, NonceFile = nonce?.Path }, guid, this) { Nonce = nonce };
    }

    public override (ListenAddress Address, ITransport Transport)? Recognise(SocketName bound, BrokerOptions options) =>
        !hasNonce && bound.IsIP ? (new TcpListenAddress { Host = bound.Host.ToString(), Port = bound.Port, Family = bound.Family }, this) : null;

    public override bool ResolvesAtOnce(ListenAddress address) => IPAddress.TryParse(((TcpListenAddress)address).Host, out _);

    public override IReadOnlyList<SocketName> Resolve(ListenAddress address) =>
        HostAddresses.Find((TcpListenAddress)address, ((TcpListenAddress)address).Host, isPassive: false);

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
