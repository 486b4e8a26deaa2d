using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;
using XcpBroker.Config;

namespace XcpBroker.Transport;

/// <summary>What differs between kinds of stream sockets. Bytes go the same way through all of them.</summary>
internal abstract class StreamTransport : ITransport
{
    public abstract TransportSyntax Syntax { get; }

    public virtual bool KnowsUsers => false;

    public virtual bool ProvesDomain => false;

    /// <summary>Whether descriptors can pass.</summary>
    internal virtual bool CanPassFds => false;

    public abstract ListeningSocket Listen(ListenAddress configured, BrokerOptions options);

    public abstract (ListenAddress Address, ITransport Transport)? Recognise(SocketName bound, BrokerOptions options);

    public IListener Serve(SocketIO io, int descriptor, SaslTerms terms, ITransportAcceptor acceptor) => new StreamListener(io, descriptor, this, terms, acceptor);

    public virtual bool ResolvesAtOnce(ListenAddress address) => true;

    public abstract IReadOnlyList<SocketName> Resolve(ListenAddress address);

    public int Begin(SocketName name, out int errno) => ClientSocket.Begin(name, out errno);

    public int Outcome(int descriptor) => ClientSocket.Outcome(descriptor);

    public ITransportConnection Join(SocketIO io, int descriptor) => new StreamConnection(io, this, descriptor);

    public int ConnectWaiting(SocketName name, TimeSpan? patience, out int errno) => ClientSocket.ConnectWaiting(name, patience, out errno);

    /// <summary>Sets the options of a socket that was accepted.</summary>
    internal virtual void Prepare(int fd)
    {
    }

    /// <summary>As <see cref="ITransportConnection.SetGrace"/>.</summary>
    internal virtual void SetGrace(int fd, TimeSpan grace)
    {
    }

    /// <summary>What the kernel says of the other end of a socket that was accepted.</summary>
    internal virtual PeerCredentials Identify(int fd) => PeerCredentials.Unknown;

    /// <summary>Where the kernel says the other end is.</summary>
    internal abstract PeerAddress Locate(int fd);

    /// <summary>Whether who has connected from there may say anything at all.</summary>
    internal virtual bool Admits(PeerAddress address) => true;

    /// <summary>A new pidfd of the process at the other end, or -1 when there is none to be had.</summary>
    internal virtual int OpenPeerPidFd(int fd) => -1;
}
