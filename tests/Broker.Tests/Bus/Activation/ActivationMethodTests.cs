using XcpBroker.Activation;
using XcpBroker.Config.Services;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

internal sealed class ActivationMethodTests : ActivationFixture
{
    [TestCase("org.freedesktop.DBus", 2u)]
    [TestCase("org.example.NotActivatable", 2u)]
    [TestCase(":1.0", 2u)]
    public void A_name_that_is_owned_runs_already(string name, uint answer)
    {
        FakePeer owner = Broker.Connect();
        owner.RequestName("org.example.NotActivatable");

        Assert.That(owner.AskWell("StartServiceByName", name, 0).Number(), Is.EqualTo(answer));
    }

    [TestCase("org.example.Unknown")]
    [TestCase(":1.99")]
    [TestCase("no name")]
    public void What_nothing_provides_cannot_be_started(string name) =>
        Assert.That(Broker.Connect().Ask("StartServiceByName", name, 0).ErrorName, Does.EndWith(".ServiceUnknown"));

    [Test]
    public void Names_that_the_bus_can_start_are_listed_and_those_of_own_means_are_not()
    {
        string answer = MessageStory.Tell(Broker.Connect().AskWell("ListActivatableNames"));

        Assert.That(answer, Does.Contain("org.freedesktop.DBus").And.Contain(Service).And.Contain(Unit).And.Not.Contain(OwnMeans));
    }

    [Test]
    public void Other_descriptors_are_in_force_at_once()
    {
        FakePeer caller = Broker.Connect();
        ServiceCatalog other = ServiceCatalog.Of(Describe("org.example.New") with { Arguments = ["/bin/new"] });

        Broker.Bus.Absent.Apply(other, []);
        caller.CallPeer("org.example.New", "Do");
        Assert.That(Starter.Last.Command.Name, Is.EqualTo("org.example.New"));
        uint gone = caller.CallPeer(Other, "Do");
        Assert.That(caller.Hear(), Is.EqualTo([$"error {gone} ServiceUnknown"]));
    }

    [Test]
    public void The_command_is_what_the_descriptor_says()
    {
        Broker.Connect().CallPeer(Service, "Do");
        ServiceCommand command = Starter.Last.Command;

        Assert.That(command.Name, Is.EqualTo(Service));
        Assert.That(command.DescriptorPath, Is.EqualTo($"/services/{Service}.service"));
        Assert.That(string.Join(' ', command.Arguments), Is.EqualTo("/bin/service --bus"));
        Assert.That(command.User, Is.EqualTo("nobody"));
    }

    [Test]
    public void Features_say_what_is_there()
    {
        FakePeer peer = Broker.Connect();
        Assert.That(MessageStory.Tell(peer.AskWell("NameHasOwner", "a.b")), Is.Not.Empty);
        uint get = peer.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Properties", "Get", "org.freedesktop.DBus", "Features");
        string features = System.Text.Encoding.Latin1.GetString(peer.ReceiveReply(get).Bytes);

        Assert.That(features, Does.Contain("ActivatableServicesChanged").And.Contain("HeaderFiltering").And.Not.Contain("SystemdActivation"));
    }
}
