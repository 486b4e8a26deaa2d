using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Reloading;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>A name that is reserved to a domain is owned from there or by nobody.</summary>
internal sealed class ReservedNameTests : BusFixture
{
    private const string Name = "org.example.Storage";
    private const string Denied = "org.freedesktop.DBus.Error.AccessDenied";

    private const string Policies = """
        <policy domain="*"><allow own="*"/><allow receive_sender="*"/></policy>
        """;

    private ServiceCatalog? _next;
    private string _policies = Policies;

    [SetUp]
    public void A_bus_with_a_name_that_is_nfs_alone_and_whose_messages_wait() => Begin(Policies);

    [Test]
    public void It_is_owned_from_its_domain_only()
    {
        FakePeer root = Broker.Connect(user: 0);
        FakePeer web = Broker.ConnectFromDomain("web");
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(root.Ask("RequestName", Name, 0u).ErrorName, Is.EqualTo(Denied));
        Assert.That(web.Ask("RequestName", Name, 0u).ErrorName, Is.EqualTo(Denied));
        Assert.That(nfs.RequestName(Name), Is.EqualTo(1));
        Assert.That(root.Ask("RequestName", Name, 3u).ErrorName, Is.EqualTo(Denied), "also to replace its owner");
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains($"may not own {Name}: it is reserved to the domain nfs"));
    }

    [Test]
    public void Another_domain_hears_nothing_of_the_one_that_has_it()
    {
        FakePeer web = Broker.ConnectFromDomain("web");

        Assert.That(MessageStory.Tell(web.Ask("RequestName", Name, 0u)), Does.Not.Contain("nfs"));
    }

    [Test]
    public void While_its_domain_is_away_messages_wait_for_it_and_for_nobody_else()
    {
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        nfs.RequestName(Name);
        nfs.Close();
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Name, "Do");
        Assert.That(Broker.Connect().Ask("RequestName", Name, 0u).ErrorName, Is.EqualTo(Denied));
        Assert.That(Broker.ConnectFromDomain("web").Ask("RequestName", Name, 0u).ErrorName, Is.EqualTo(Denied));
        Assert.That(caller.Hear(), Is.Empty);

        FakePeer again = Broker.ConnectFromDomain("nfs");
        again.Call("RequestName", Name, 0u);
        Assert.That(again.Hear(), Has.Some.EqualTo($"call {call} Do()"));
    }

    // The rules are asked about where its owner will be, not about this host.
    [TestCase("nfs", true)]
    [TestCase("web", false)]
    public void Who_may_send_to_its_domain_alone_may_wait_for_it(string domain, bool waits)
    {
        Begin($"""
            {Policies}<policy context="mandatory"><deny send_destination="{Name}"/><allow send_destination="{Name}" send_domain="{domain}"/></policy>
            """);
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Name, "Do");

        Assert.That(caller.ReceiveAll().Select(message => message.ErrorName), Is.EqualTo(waits ? Array.Empty<string>() : [Denied]));
    }

    [Test]
    public void A_reload_that_reserves_it_takes_it_from_its_owner_and_from_who_waits_elsewhere()
    {
        Begin(Policies, reserved: null);
        FakePeer owner = Broker.Connect();
        FakePeer waiting = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        owner.RequestName(Name);
        waiting.RequestName(Name);
        nfs.RequestName(Name);
        _next = Catalog("nfs");
        Broker.Bus.Reloader.Request();
        Broker.Run();

        Assert.That(owner.Hear(), Has.Some.EqualTo($"NameLost({Name})"));
        Assert.That(nfs.Hear(), Has.Some.EqualTo($"NameAcquired({Name})"));
        nfs.Close();
        Assert.That(owner.AskWell("NameHasOwner", Name).Number(), Is.Zero);
    }

    // Who is told of the name that is taken is judged by the rules that come with the reservation, of which there are more.
    [Test]
    public void A_reload_that_reserves_it_may_bring_rules_that_nobody_has_been_judged_by()
    {
        Begin(Policies, reserved: null);
        FakePeer owner = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        owner.RequestName(Name);
        _next = Catalog("nfs");
        _policies = Policies + string.Concat(Enumerable.Range(0, 9).Select(i => $"<policy domain='nfs'><allow send_destination='org.example.N{i}'/></policy>"))
            + $"<policy domain='nfs'><allow send_destination='{Name}'/></policy>";
        Broker.Bus.Reloader.Request();
        Broker.Run();

        Assert.That(owner.Hear(), Has.Some.EqualTo($"NameLost({Name})"));
        Assert.That(nfs.AskWell("NameHasOwner", Name).Number(), Is.Zero);
    }

    private static ServiceCatalog Catalog(string? reserved) => ServiceCatalog.Of(
        new ServiceDescriptor { Name = Name, FilePath = "/services/storage.service", Domain = reserved, Buffer = new BufferDeclaration() });

    private void Begin(string policies, string? reserved = "nfs")
    {
        _policies = policies;
        BusConfiguration configuration = DomainFixture.Read(policies);
        ConfigurationSource source = new()
        {
            Read = () => new ConfigurationReading(InMemoryBroker.Options(null, DomainFixture.Read(_policies).Policy, configuration.Domains), null) { Services = _next },
        };
        Broker.Dispose();
        Broker = new InMemoryBroker(
            policy: configuration.Policy, source: source, domains: configuration.Domains,
            starting: new ActivationOptions { Catalog = Catalog(reserved), Starter = new FakeStarter() });
    }
}
