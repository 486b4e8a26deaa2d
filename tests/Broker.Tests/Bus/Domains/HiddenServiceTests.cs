using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>Services that a domain has nothing to do with are no services for it: it can neither start them nor find out that they could be started.</summary>
internal sealed class HiddenServiceTests : BusFixture
{
    private const string Seen = "org.example.Seen";
    private const string Hidden = "org.example.Hidden";
    private const string Nobodys = "org.example.Nobodys";

    private readonly FakeStarter _starter = new();

    [SetUp]
    public void A_bus_with_a_service_that_nfs_may_call_and_one_that_it_may_not()
    {
        BusConfiguration configuration = DomainFixture.Read($"<policy domain='nfs'><allow send_destination='{Seen}'/></policy>");
        Broker.Dispose();
        Broker = new InMemoryBroker(policy: configuration.Policy, domains: configuration.Domains, starting: new ActivationOptions
        {
            Starter = _starter,
            Catalog = ServiceCatalog.Of(Describe(Seen), Describe(Hidden), Describe("org.example.HiddenBuffer") with { Buffer = new BufferDeclaration { IsDurable = true } }),
        });
    }

    [Test]
    public void It_is_not_listed()
    {
        Assert.That(Broker.ConnectFromDomain("nfs").AskWell("ListActivatableNames").Strings(), Is.EqualTo(["org.freedesktop.DBus", Seen]));
        Assert.That(Broker.ConnectFromDomain("web").AskWell("ListActivatableNames").Strings(), Is.EqualTo(["org.freedesktop.DBus"]));
        Assert.That(Broker.Connect().AskWell("ListActivatableNames").Strings(), Is.SupersetOf([Seen, Hidden]));
    }

    [TestCase(Hidden)]
    [TestCase("org.example.HiddenBuffer")]
    public void Neither_a_start_nor_a_message_nor_a_durable_one_tells_it_from_what_is_not_there(string name)
    {
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(Answer(nfs, "StartServiceByName", name), Is.EqualTo(Answer(nfs, "StartServiceByName", Nobodys)));
        Assert.That(Call(nfs, name), Is.EqualTo(Call(nfs, Nobodys)));
        Assert.That(Deliveries(nfs, name), Is.EqualTo(Deliveries(nfs, Nobodys)));
        Assert.That(_starter.Processes, Is.Empty);
    }

    [Test]
    public void What_it_may_call_it_starts()
    {
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        uint call = nfs.CallPeer(Seen, "Do");
        FakePeer service = Broker.Connect();
        service.Call("RequestName", Seen, 0u);

        Assert.That(_starter.Processes, Has.Count.EqualTo(1));
        Assert.That(service.Hear(), Has.Some.EqualTo($"call {call} Do()"));
    }

    private static string Answer(FakePeer peer, string method, string name) =>
        peer.Ask(method, name, 0u).TellAll().Replace(name, "NAME", StringComparison.Ordinal);

    private static string Deliveries(FakePeer peer, string name) => peer.ReceiveReply(
        peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "ListDeliveries", name))
        .TellAll().Replace(name, "NAME", StringComparison.Ordinal);

    private static string Call(FakePeer peer, string name) => peer.ReceiveReply(peer.Send(
        new MessageFields { Type = MessageType.MethodCall, Destination = name, Path = "/a", Member = "Do" }))
        .TellAll().Replace(name, "NAME", StringComparison.Ordinal);

    private static ServiceDescriptor Describe(string name) => new() { Name = name, FilePath = $"/services/{name}.service", Arguments = ["/bin/service"] };
}
