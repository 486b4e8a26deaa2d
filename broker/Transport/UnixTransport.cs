using XcpBroker.Auth;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>Unix sockets: the kernel knows the other end, and passes descriptors.</summary>
internal sealed unsafe class UnixTransport : StreamTransport
{
    private readonly PeerCredentialReader _credentials = new();

    public override TransportSyntax Syntax { get; } = new UnixSyntax();

    public override bool KnowsUsers => true;

    internal override bool CanPassFds => true;

    public override ListeningSocket Listen(ListenAddress configured, BrokerOptions options)
    {
        UnixListenAddress address = Complete((UnixListenAddress)configured, options);
        string guid = address.Guid ?? ListeningSockets.NewId();
        string? made = address.Domain is null ? null : DomainSocketDirectory.Make(address);
        UnixFileMode mode = address.Domain is null ? options.SocketMode : address.Mode ?? DomainSocketDirectory.SocketMode;
        return new ListeningSocket([UnixSocketOpener.Open(address, mode)], address with { Guid = guid }, guid, new UnixTransport())
        {
            MadeDirectory = made,
            File = address.Kind == UnixAddressKind.Path ? address.Value : null,
        };
    }

    public override (ListenAddress Address, ITransport Transport)? Recognise(SocketName bound, BrokerOptions options) =>
        bound.AddressFamily == LibC.AF_UNIX && bound.ToUnixAddress() is { } address ? (address, new UnixTransport()) : null;

    public override IReadOnlyList<SocketName> Resolve(ListenAddress address) => [SocketName.OfUnix((UnixListenAddress)address)];

    /// <summary>What is listened on: a rooted path, or an abstract name.</summary>
    /// <exception cref="StartException">There is none; the text says why.</exception>
    internal static UnixListenAddress Complete(UnixListenAddress configured, BrokerOptions options) =>
        configured.TryResolve(options.Surroundings, out UnixListenAddress? address, out string? error) ? address : throw new StartException(error);

    internal override PeerCredentials Identify(int fd) => _credentials.Read(fd);

    internal override PeerAddress Locate(int fd) => PeerAddress.Unix;

    internal override int OpenPeerPidFd(int fd)
    {
        int pidFd;
        uint length = sizeof(int);
        return LibC.GetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_PEERPIDFD, (byte*)&pidFd, &length) == 0 ? pidFd : -1;
    }
}
