using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using XcpBroker.Activation;
using XcpBroker.Auth;
using XcpBroker.Auth.Policy;
using XcpBroker.Auth.Sasl;
using XcpBroker.Buffers;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;
using XcpBroker.Journal;
using XcpBroker.Reloading;
using XcpBroker.Transport;

namespace XcpBroker.Testing;

/// <summary>A whole broker without a socket: the composition of the daemon on a hand-turned loop, a fake clock and pipes.</summary>
internal sealed class InMemoryBroker : IDisposable
{
    /// <summary>uid that the broker believes to run as.</summary>
    internal const uint OwnUser = 1000;

    internal const string Id = "0123456789abcdef0123456789abcdef";

    internal const string ListenerGuid = "fedcba9876543210fedcba9876543210";

    /// <summary>Bytes that a peer may leave unread in its transport, as a Unix socket's buffer.</summary>
    internal const int SocketBuffer = 208 * 1024;

    private readonly MemoryListener _listener;

    internal InMemoryBroker(
        LimitOptions? limits = null, PolicySet? policy = null, ActivationOptions? starting = null, ConfigurationSource? source = null,
        SaslTerms? terms = null, IReadOnlyList<DomainDeclaration>? domains = null, Func<ManualBusLoop, JournalStart>? journal = null,
        IReadOnlyList<BufferedPrefix>? buffers = null)
    {
        _listener = new MemoryListener(terms ?? new SaslTerms(ListenerGuid, SaslMechanisms.ExternalOnly));
        Loop = new ManualBusLoop(Clock);
        PeerCredentials own = new() { UserId = OwnUser, ProcessId = 1, GroupIds = [OwnUser] };
        BusIdentity identity = new(Id, 1, own, new string('a', 32), 1024);
        Bus = new Composition(
            Loop, Blocks, Options(limits, policy, domains) with { Buffers = buffers ?? [] }, source ?? new ConfigurationSource(), identity, starting ?? new ActivationOptions(),
            journal?.Invoke(Loop), Log);
        Bus.AddListener(_listener);
    }

    /// <summary>What a configuration file would say.</summary>
    internal static BrokerOptions Options(LimitOptions? limits = null, PolicySet? policy = null, IReadOnlyList<DomainDeclaration>? domains = null) => new()
    {
        Addresses = [],
        Surroundings = new AddressSurroundings("/", null),
        Limits = limits ?? DefaultLimits.Embedded,
        Policy = policy ?? PolicySet.OpenToOwnUser(),
        Domains = domains ?? [],
    };

    internal FakeTimeProvider Clock { get; } = new();

    internal ManualBusLoop Loop { get; }

    internal BlockPool Blocks { get; } = new();

    internal Composition Bus { get; }

    internal ListLogger Log { get; } = new();

    /// <summary>A peer that has connected and said nothing.</summary>
    internal FakePeer Accept(uint user = OwnUser, int process = 100, int socketBuffer = SocketBuffer) =>
        Accept(new PeerCredentials { UserId = user, ProcessId = process, GroupIds = [user] }, socketBuffer);

    internal FakePeer Accept(PeerCredentials credentials, int socketBuffer = SocketBuffer, PeerAddress? address = null)
    {
        MemoryConnection connection = new(Loop, credentials, socketBuffer) { Address = address ?? PeerAddress.Unix };
        Bus.Acceptor.Accept(connection, _listener);
        return new FakePeer(this, connection.Peer);
    }

    /// <summary>A peer that has come from somewhere to a listener with terms of its own, and said nothing.</summary>
    internal FakePeer Accept(PeerAddress address, SaslTerms terms)
    {
        // What the kernel says of a process behind a Unix socket is there too: it must not matter.
        PeerCredentials credentials = !address.IsRemote
            ? new PeerCredentials { UserId = 0, ProcessId = 100, GroupIds = [0] }
            : PeerCredentials.Unknown;
        MemoryConnection connection = new(Loop, credentials, SocketBuffer) { Address = address };
        MemoryListener listener = new(terms);
        Bus.Acceptor.Accept(connection, listener);
        return new FakePeer(this, connection.Peer);
    }

    /// <summary>A peer that has connected to the socket of a domain, and said nothing.</summary>
    internal FakePeer AcceptFromDomain(string domain) =>
        Accept(PeerAddress.Unix, new SaslTerms(ListenerGuid, SaslMechanisms.ExternalOnly) { Domain = domain });

    /// <summary>A peer that has connected to the socket of a domain and said Hello, and whose inbox is empty.</summary>
    internal FakePeer ConnectFromDomain(string domain)
    {
        FakePeer peer = AcceptFromDomain(domain);
        peer.Authenticate();
        peer.Hello();
        return peer;
    }

    /// <summary>A registered peer on a transport that allocates nothing.</summary>
    /// <param name="domain">Where it comes from; null: from this host.</param>
    internal StubTransport ConnectStub(string? domain = null)
    {
        StubTransport stub = new(new PeerCredentials { UserId = OwnUser, ProcessId = 100, GroupIds = [OwnUser] });
        SaslTerms terms = new(ListenerGuid, SaslMechanisms.ExternalOnly) { Domain = domain };
        Bus.Acceptor.Accept(stub, domain is null ? _listener : new MemoryListener(terms));
        byte[] hello = new WireMessage(1)
            .Path("/org/freedesktop/DBus").Interface("org.freedesktop.DBus").Member("Hello").Destination("org.freedesktop.DBus").Build();
        stub.Feed((byte[])[.. "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8, .. hello]);
        Run();
        return stub;
    }

    /// <summary>A peer that has said Hello and whose inbox is empty.</summary>
    internal FakePeer Connect(uint user = OwnUser, int process = 100, int socketBuffer = SocketBuffer) =>
        Connect(new PeerCredentials { UserId = user, ProcessId = process, GroupIds = [user] }, socketBuffer);

    internal FakePeer Connect(PeerCredentials credentials, int socketBuffer = SocketBuffer, PeerAddress? address = null)
    {
        FakePeer peer = Accept(credentials, socketBuffer, address);
        peer.Authenticate();
        peer.Hello();
        return peer;
    }

    internal void Run() => Loop.RunUntilIdle();

    /// <summary>Lets time pass, with a turn at its end.</summary>
    internal void Pass(TimeSpan time)
    {
        Clock.Advance(time);
        Run();
    }

    /// <summary>What must hold once every peer is gone: nothing is held, charged or remembered.</summary>
    internal IEnumerable<string> Leftovers()
    {
        if (Blocks.Outstanding != 0)
        {
            yield return $"{Blocks.Outstanding} blocks";
        }

        if (!Bus.Accounts.IsEmpty || !Bus.FdAccounts.IsEmpty || !Bus.JournalQuota.IsEmpty)
        {
            yield return "charges";
        }

        if (!Bus.Names.IsEmpty)
        {
            yield return "names";
        }

        if (Bus.Rules.Count != 0 || Bus.Monitors.Rules.Count != 0 || !Bus.Eavesdroppers.Rules.IsEmpty)
        {
            yield return "match rules";
        }

        if (!Bus.Replies.IsEmpty)
        {
            yield return "pending replies";
        }

        if (Bus.ConnectionCount != 0)
        {
            yield return "connections";
        }

        if (!Bus.Activation.Table.IsEmpty || Bus.Activation.Held.Count != 0 || Bus.BufferTable.Totals.Count != 0)
        {
            yield return "starts, or messages that wait for them";
        }

        ReadOnlySpan<bool> waiting =
        [
            Bus.Drops.IsInEpisode, Bus.Denials.IsInEpisode, Bus.Paced.IsInEpisode, Bus.Disconnects.IsInEpisode, Bus.Expiry.IsInEpisode, Bus.Idle.IsWaiting,
        ];
        if (Loop.Deadlines.Count != waiting.Count(true))
        {
            yield return "deadlines";
        }
    }

    public void Dispose()
    {
        Bus.Shutdown();
        Blocks.Dispose();
    }

    private sealed class MemoryListener(SaslTerms terms) : IListener
    {
        public SaslTerms Terms { get; set; } = terms;

        public void OnConnectionClosed()
        {
        }

        public void Dispose()
        {
        }
    }
}

/// <summary>Keeps what was logged.</summary>
internal sealed class ListLogger : ILogger
{
    internal List<(LogLevel Level, string Text)> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((logLevel, formatter(state, exception)));
}
