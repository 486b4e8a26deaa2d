using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using XcpBroker.Auth;
using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Client;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Forwarding;
using XcpBroker.Interop;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Reloading;
using XcpBroker.Spawning;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Transport;

/// <summary>
/// A transport that the broker does not have, all of it in this file and one row in a list of transports: its addresses are checked,
/// listened on, connected to and forwarded to, and its peers are known by their domain. Nothing else knows its name.
/// </summary>
/// <remarks>Its streams are Unix sockets with abstract names; the user at the other end plays the part of the number of a domain.</remarks>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ExampleTransportTests : IDisposable
{
    private const string Domain = "there";

    private static readonly Transports WithExample = new([.. Transports.Known.All, new ExampleTransport()]);
    private static readonly uint OwnNumber = LibC.GetEffectiveUserId();
    private readonly string _name = Guid.NewGuid().ToString("N");
    private ServiceProcesses? _services;
    private RunningBus? _bus;

    public void Dispose()
    {
        _bus?.Dispose();
        _services?.Dispose();
    }

    [Test]
    public void Its_addresses_are_checked_in_configurations()
    {
        Assert.That(Problem("<listen>example:</listen>"), Does.Contain("'name' must be given"));
        Assert.That(Problem("<listen>example:name=a,colour=red</listen>"), Does.Contain("unknown key 'colour' (known: name, guid)"));
        Assert.That(Problem("<listen>sample:name=a</listen>"), Does.Contain("(known: unix, tcp, nonce-tcp, vsock, example, systemd)"));
        Assert.That(Problem("<listen identity='address'>example:name=a</listen>"), Does.Contain("identity=\"address\" is for tcp:"));
        Assert.That(Problem("<domain name='a'><source example='x'/></domain>"), Does.Contain("example is \"x\""));
        Assert.That(Problem("<domain name='a'><source/></domain>"), Does.Contain("exactly one of tcp, vsock-cid, example, unix"));
        Assert.That(
            Problem("<domain name='a'><source example='7'/></domain><domain name='b'><source example='7'/></domain>"),
            Does.Contain("domain b has the number 7 of domain a"));
        Assert.That(Problem("<xenstore address='example:name=a'/>"), Is.Null);
    }

    [Test]
    public void It_is_listened_on_and_talked_to_and_its_peers_are_of_their_domain()
    {
        BusFinder finder = Start(OwnNumber);
        List<string> said = [];

        new Doctor(TimeProvider.System, said.Add).Examine(finder.Find(TimeSpan.Zero));

        Assert.That(said, Has.One.Contain($"org.xen.xcp.DomainId={OwnNumber}").And.Contain($"DomainName={Domain}").And.Contain("Transport=example"));
    }

    [Test]
    public void Who_comes_from_elsewhere_is_nobody()
    {
        BusFinder finder = Start(OwnNumber + 1);

        Assert.That(() => new Doctor(TimeProvider.System, static _ => { }).Examine(finder.Find(TimeSpan.Zero)), Throws.TypeOf<StartException>().With.Message.Contains("authenticate"));
    }

    [Test]
    public void Clients_that_do_not_know_it_reach_it_through_a_forwarder()
    {
        BusFinder finder = Start(OwnNumber);
        UnixListenAddress local = new(UnixAddressKind.Abstract, $"{_name}-local");
        using Forwarder forwarder = new(new ForwardOptions(local, finder), UnixSocketOpener.Open(local, default), NullLogger.Instance);
        Thread thread = new(forwarder.Run);
        thread.Start();
        try
        {
            using BusClient client = BusClient.Connect(local);
            ClientMessage id = client.Call(BusClient.Bus("GetId"));
            Assert.That(id.FirstString, Has.Length.EqualTo(32));
        }
        finally
        {
            forwarder.RequestStop();
            thread.Join();
        }
    }

    private static string? Problem(string elements) =>
        Read($"<listen>unix:path=/x</listen>{elements}", out BusConfiguration? configuration, out ConfigProblem? problem)
            ? (configuration.UnusableAddresses is [var first, ..] ? first.Message : null)
            : problem.Message;

    private static bool Read(string elements, [NotNullWhen(true)] out BusConfiguration? configuration, [NotNullWhen(false)] out ConfigProblem? problem)
    {
        BusConfigReader reader = PolicyFixture.ReaderOf(WithExample);
        string policy = $"<policy domain='{Domain}'><allow send_destination='org.freedesktop.DBus'/><allow receive_sender='org.freedesktop.DBus'/></policy>";
        string domain = elements.Contains("<domain", StringComparison.Ordinal) ? policy : "";
        return reader.TryReadText(StrictUtf8.Instance.GetBytes($"<busconfig><type>xcp</type>{elements}{domain}</busconfig>"), "bus.conf", out configuration, out problem);
    }

    /// <returns>What finds the bus.</returns>
    private BusFinder Start(uint number)
    {
        string text = $"<listen>example:name={_name}</listen><domain name='{Domain}'><source example='{number}'/></domain>";
        Assert.That(Read(text, out BusConfiguration? configuration, out ConfigProblem? problem), Is.True, problem?.Message);
        AddressSurroundings surroundings = new("/", null);
        Assert.That(new CommandLineChoices().TryApply(configuration, surroundings, out BrokerOptions? options, out string? error), Is.True, error);
        IReadOnlyList<ListeningSocket> sockets = ListeningSockets.Open(options!, WithExample, NullLogger.Instance);
        _services = ServiceProcesses.Prepare(options!, sockets, OpenFileLimit.Read(), NullLogger.Instance);
        BusStart start = new(options!, new ConfigurationSource(), sockets, _services, 1) { Transports = WithExample };
        _bus = RunningBus.Start(start, NullLoggerFactory.Instance);
        return new BusFinder(new LocatedBus(_bus.Addresses.Single(), "test"), null, null, null, WithExample);
    }

    private sealed class ExampleTransport : StreamTransport
    {
        public override TransportSyntax Syntax { get; } = new ExampleSyntax();

        public override bool ProvesDomain => true;

        public override ListeningSocket Listen(ListenAddress configured, BrokerOptions options)
        {
            string guid = configured.Guid ?? ListeningSockets.NewId();
            return new ListeningSocket([UnixSocketOpener.Open(Place(configured), default)], configured with { Guid = guid }, guid, this);
        }

        public override (ListenAddress Address, ITransport Transport)? Recognise(SocketName bound, BrokerOptions options) => null;

        public override IReadOnlyList<SocketName> Resolve(ListenAddress address) => [SocketName.OfUnix(Place(address))];

        internal override PeerAddress Locate(int fd) => new ExamplePeer(new PeerCredentialReader().Read(fd).UserId ?? uint.MaxValue);

        private static UnixListenAddress Place(ListenAddress address) => new(UnixAddressKind.Abstract, $"xcp-example-{((ExampleAddress)address).Name}");
    }

    private sealed record ExampleAddress(string Name) : ListenAddress
    {
        public override string Transport => "example";

        public override string? ConnectProblem => null;

        protected override string Values => $"name={AddressEscaping.Escape(Name)}";
    }

    private sealed record ExamplePeer(uint Number) : PeerAddress("example")
    {
        public override bool IsProof => true;

        public override uint? DomainId => Number;
    }

    private sealed record ExampleSource(uint Number) : DomainSource
    {
        public override bool Contains(PeerAddress address) => address is ExamplePeer peer && peer.Number == Number;

        public override string? SharedWith(DomainSource other) => other is ExampleSource theirs && theirs.Number == Number ? $"the number {Number}" : null;
    }

    private sealed class ExampleSyntax() : TransportSyntax("example")
    {
        public override string SourceAttribute => "example";

        public override bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
        {
            string? name = pairs.Take("name");
            error = pairs.UnknownKeyError(["name"]) ?? (name is null ? "'name' must be given" : null);
            address = error is null ? new ExampleAddress(name!) : null;
            return error is null;
        }

        public override bool TryReadSource(string text, [NotNullWhen(true)] out DomainSource? source, [NotNullWhen(false)] out string? error)
        {
            bool isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number);
            source = isNumber ? new ExampleSource(number) : null;
            error = isNumber ? null : $"example is \"{text}\"; expected a number";
            return isNumber;
        }
    }
}
