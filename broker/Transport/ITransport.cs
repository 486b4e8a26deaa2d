using XcpBroker.Auth.Sasl;
using XcpBroker.Config;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>
/// A transport: all that the broker knows of one kind of streams to peers. A new one is a class of this in a file of its own, and a row in
/// <see cref="Transports.Known"/>. Whose streams are sockets is a <see cref="StreamTransport"/>.
/// </summary>
/// <remarks>
/// It is asked when an address is read, opened or connected to, and never for a message: those pass through the
/// <see cref="ITransportConnection"/> alone. Who a peer is, it says as the connection's Credentials and Address. A descriptor here is
/// anything that epoll(7) can wait for.
/// </remarks>
internal interface ITransport
{
    /// <summary>What configurations can say of it.</summary>
    TransportSyntax Syntax { get; }

    /// <summary>Whether the kernel tells which user of this host is at the other end.</summary>
    bool KnowsUsers { get; }

    /// <summary>Whether the address of each peer proves which domain it is in.</summary>
    bool ProvesDomain { get; }

    /// <summary>Listens on an address, before there is a bus: this may need rights that the bus does not keep.</summary>
    /// <param name="configured">An address that <see cref="Syntax"/> has read.</param>
    /// <param name="options">What the bus is told to do.</param>
    /// <exception cref="StartException">It cannot be had; the text says why.</exception>
    ListeningSocket Listen(ListenAddress configured, BrokerOptions options);

    /// <summary>Whether a listening socket that somebody else has made is one of these.</summary>
    /// <param name="bound">What it is bound to.</param>
    /// <param name="options">What the bus is told to do.</param>
    /// <returns>What clients connect to, and what takes their connections; null: it is none.</returns>
    (ListenAddress Address, ITransport Transport)? Recognise(SocketName bound, BrokerOptions options);

    /// <summary>Accepts what connects to one of the descriptors of <see cref="Listen"/>, on the loop, until it is disposed of.</summary>
    IListener Serve(SocketIO io, int descriptor, SaslTerms terms, ITransportAcceptor acceptor);

    /// <summary>Whether <see cref="Resolve"/> never waits.</summary>
    bool ResolvesAtOnce(ListenAddress address);

    /// <summary>The kernel's forms of an address that can be connected to, to be tried in this order. May wait for DNS.</summary>
    /// <exception cref="StartException">There are none; the text says why.</exception>
    IReadOnlyList<SocketName> Resolve(ListenAddress address);

    /// <summary>Begins to connect; the descriptor is writable once it is known what became of it.</summary>
    /// <param name="name">What to connect to.</param>
    /// <param name="errno">0: it is connected; EINPROGRESS: it will be, or not; another: it cannot be.</param>
    /// <returns>The descriptor; -1: there is none.</returns>
    int Begin(SocketName name, out int errno);

    /// <summary>What became of a descriptor that has become writable: 0, or why it is not connected.</summary>
    int Outcome(int descriptor);

    /// <summary>The stream over a descriptor that is connected; it owns it.</summary>
    ITransportConnection Join(SocketIO io, int descriptor);

    /// <summary>A connected stream socket whose calls wait, for a tool that asks one question after the other.</summary>
    /// <param name="name">What to connect to.</param>
    /// <param name="patience">None longer than this; null: for ever.</param>
    /// <param name="errno">Why there is none.</param>
    /// <returns>The socket; -1: there is none.</returns>
    int ConnectWaiting(SocketName name, TimeSpan? patience, out int errno);
}
