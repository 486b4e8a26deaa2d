using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Peers.Raw;
using XcpBroker.Reloading;
using XcpBroker.Testing;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>Domains that are added to a bus that runs and removed from it, with their sockets.</summary>
internal sealed class LiveDomainTests : BusFixture
{
    private const string InvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";
    private const string Element = "<domain name='db' uuid='0123abcd-89ab-cdef-0123-456789abcdee' type='storage'><source unix='/run/dom/db'/></domain>";

    private readonly FakeListeners _listeners = new();
    private BrokerOptions? _next;

    [SetUp]
    public void A_bus_with_a_domain_of_its_configuration()
    {
        BusConfiguration configuration = DomainFixture.Read("<policy domain='db'><allow own='org.example.Db'/></policy>", "<domain name='nfs'><source unix='/run/dom/nfs'/></domain>");
        BrokerOptions options = InMemoryBroker.Options(null, configuration.Policy, configuration.Domains);
        ConfigurationSource source = new()
        {
            Read = () => new ConfigurationReading(_next ?? options, null),
            ReadDomain = text => PolicyFixture.Reader.TryReadDomain(text, "/etc/bus/xcp.conf", out DomainDeclaration? domain, out ConfigProblem? problem)
                ? new DomainReading(domain, null)
                : new DomainReading(null, problem.Message),
        };
        Broker.Dispose();
        Broker = new InMemoryBroker(policy: configuration.Policy, source: source, domains: configuration.Domains);
        Broker.Bus.LiveDomains.Listeners = _listeners;
    }

    [Test]
    public void One_that_is_added_is_there_with_its_sockets_and_rules_and_goes_with_its_connections()
    {
        FakePeer root = Broker.Connect(user: 0);
        Assert.That(Call(root, "AddDomain", Element).ErrorName, Is.Null);
        Assert.That(_listeners.Open, Is.EquivalentTo(["/run/dom/nfs of nfs", "/run/dom/db of db"]));
        FakePeer db = Broker.ConnectFromDomain("db");
        Assert.That(db.RequestName("org.example.Db"), Is.EqualTo(1));
        Assert.That(Domains(root), Is.EquivalentTo(["db 0123abcd-89ab-cdef-0123-456789abcdee storage True 1", "nfs   False 0"]));

        FakePeer silent = Broker.AcceptFromDomain("db");
        Assert.That(Call(root, "RemoveDomain", "db").ErrorName, Is.Null);
        _ = (db.ReceiveRaw(), silent.ReceiveRaw());
        Assert.That((db.IsClosed, silent.IsClosed), Is.EqualTo((true, true)));
        Assert.That(root.AskWell("NameHasOwner", "org.example.Db").Number(), Is.Zero);
        Assert.That(_listeners.Open, Is.EquivalentTo(["/run/dom/nfs of nfs"]));
        Assert.That(Domains(root), Is.EquivalentTo(["nfs   False 0"]));
    }

    [TestCase("<domain name='nfs'/>", "the name nfs of domain nfs")]
    [TestCase("<domain name='db'><source unix='/run/dom/nfs'/></domain>", "the socket unix:path=/run/dom/nfs of domain nfs")]
    [TestCase("<domain name='db'", "")]
    [TestCase("<policy domain='db'/>", "expected <domain>")]
    [TestCase("<domain name='db' token-file='/none'/>", "domain db has no secret")]
    [TestCase("<domain name='db'><source unix='/refused'/></domain>", "cannot bind")]
    public void One_that_cannot_be_changes_nothing(string element, string why)
    {
        FakePeer root = Broker.Connect(user: 0);
        PeerMessage answer = Call(root, "AddDomain", element);

        Assert.That(answer.ErrorName, Is.EqualTo(InvalidArgs));
        Assert.That(answer.FirstString, Does.Contain(why));
        Assert.That(Domains(root), Is.EquivalentTo(["nfs   False 0"]));
        Assert.That(Call(root, "AddDomain", Element).ErrorName, Is.Null);
    }

    [Test]
    public void One_that_is_not_there_cannot_be_removed() =>
        Assert.That(Call(Broker.Connect(user: 0), "RemoveDomain", "db").ErrorName, Is.EqualTo(InvalidArgs));

    [TestCase("AddDomain", Element)]
    [TestCase("RemoveDomain", "nfs")]
    [TestCase("ListDomains", null)]
    public void Only_root_and_the_user_of_the_bus_may(string method, string? argument)
    {
        BusConfiguration open = DomainFixture.Read("<policy domain='*'><allow send_destination='*'/><allow receive_sender='*'/></policy>", "<domain name='nfs'/>");
        Broker.Dispose();
        Broker = new InMemoryBroker(policy: open.Policy, domains: open.Domains);
        string[] arguments = argument is null ? [] : [argument];

        Assert.That(Call(Broker.ConnectFromDomain("nfs"), method, arguments).ErrorName, Does.EndWith("AccessDenied"));
        Assert.That(Call(Broker.Connect(user: 4711), method, arguments).ErrorName, Does.EndWith("AccessDenied"));
        Assert.That(Broker.Bus.Domains.TryFind("nfs", out _), Is.True);
    }

    [Test]
    public void One_that_was_added_outlives_a_reload_and_one_of_the_configuration_comes_back_with_it()
    {
        FakePeer root = Broker.Connect(user: 0);
        Call(root, "AddDomain", Element);
        Call(root, "RemoveDomain", "nfs");
        Assert.That(_listeners.Open, Is.EquivalentTo(["/run/dom/db of db"]));
        root.AskWell("ReloadConfig");

        Assert.That(_listeners.Open, Is.EquivalentTo(["/run/dom/nfs of nfs", "/run/dom/db of db"]));
    }

    [Test]
    public void A_reload_opens_and_closes_sockets_and_logs_what_it_cannot_listen_on()
    {
        BusConfiguration configuration = DomainFixture.Read("", "<domain name='web'><source unix='/run/dom/web'/><source unix='/refused'/></domain>");
        _next = InMemoryBroker.Options(null, configuration.Policy, configuration.Domains);
        Broker.Connect(user: 0).AskWell("ReloadConfig");

        Assert.That(_listeners.Open, Is.EquivalentTo(["/run/dom/web of web"]));
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.One.EqualTo("cannot listen for domain web: /refused: cannot bind"));
    }

    private static PeerMessage Call(FakePeer peer, string method, params string[] arguments) =>
        peer.ReceiveReply(peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", method, [.. arguments]));

    private static IEnumerable<string> Domains(FakePeer peer) => ((object[])Call(peer, "ListDomains").Values()[0]).Select(domain => string.Join(' ', (object[])domain));

    private sealed class FakeListeners : IDomainListeners
    {
        internal List<string> Open { get; private set; } = [];

        public IReadOnlyList<(UnixListenAddress Address, string Problem)> Apply(IReadOnlyCollection<UnixListenAddress> wanted)
        {
            Open = [.. wanted.Where(address => address.Value != "/refused").Select(address => $"{address.Value} of {address.Domain}")];
            return [.. wanted.Where(address => address.Value == "/refused").Select(address => (address, $"{address.Value}: cannot bind"))];
        }
    }
}
