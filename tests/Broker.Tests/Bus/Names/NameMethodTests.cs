using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Names;

internal sealed class NameMethodTests : BusFixture
{
    private const string Name = "org.example.Name";

    [TestCase("")]
    [TestCase("org")]
    [TestCase(".org.example")]
    [TestCase("org..example")]
    [TestCase("org.example.")]
    [TestCase("org.1example")]
    [TestCase("org.exa mple")]
    [TestCase(":1.0")]
    [TestCase(":1.999")]
    [TestCase("org.freedesktop.DBus")]
    public void Such_a_name_can_be_neither_requested_nor_released(string name)
    {
        FakePeer peer = Broker.Connect();

        Assert.That(peer.Ask("RequestName", name, 0u).ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
        Assert.That(peer.Ask("ReleaseName", name).ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
        Assert.That(peer.Ask("RequestName", name, 0u).FirstString, Does.Contain($"\"{name}\""));
    }

    [Test]
    public void A_name_of_255_bytes_can_be_owned_and_one_of_256_not()
    {
        FakePeer peer = Broker.Connect();
        string longest = "a." + new string('b', 253);

        Assert.That(peer.RequestName(longest), Is.EqualTo(1));
        Assert.That(peer.Ask("RequestName", longest + "b", 0u).ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
    }

    [Test]
    public void Names_below_that_of_the_bus_are_free()
    {
        Assert.That(Broker.Connect().RequestName("org.freedesktop.DBus.Mine"), Is.EqualTo(1));
    }

    [Test]
    public void Release_says_whether_there_was_something_to_release()
    {
        FakePeer owner = Broker.Connect();
        FakePeer other = Broker.Connect();
        owner.RequestName(Name);

        Assert.That(other.AskWell("ReleaseName", "org.example.Nobody").Number(), Is.EqualTo(2));
        Assert.That(other.AskWell("ReleaseName", Name).Number(), Is.EqualTo(3));
        Assert.That(owner.AskWell("ReleaseName", Name).Number(), Is.EqualTo(1));
        Assert.That(owner.AskWell("ReleaseName", Name).Number(), Is.EqualTo(2));
    }

    [Test]
    public void The_unique_name_counts_among_the_names_of_a_connection()
    {
        Limit(limits => limits with { MaxNamesPerConnection = 3 });
        FakePeer owner = Broker.Connect();
        FakePeer other = Broker.Connect();
        other.RequestName("org.example.Taken");
        Assert.That(owner.RequestName("org.example.A"), Is.EqualTo(1));
        Assert.That(owner.RequestName("org.example.Taken"), Is.EqualTo(2), "waiting counts as well");

        Peers.Raw.PeerMessage refused = owner.Ask("RequestName", "org.example.B", 0u);
        Assert.That(refused.ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
        Assert.That(refused.FirstString, Does.Contain("max_names_per_connection=3"));
        Assert.That(owner.RequestName("org.example.A"), Is.EqualTo(4), "a name that it has is no new one");
        owner.AskWell("ReleaseName", "org.example.Taken");
        Assert.That(owner.RequestName("org.example.B"), Is.EqualTo(1));
        Assert.That(other.RequestName("org.example.C"), Is.EqualTo(1), "the limit is each connection's own");
    }

    [Test]
    public void ListQueuedOwners_tells_the_owner_first_then_the_queue()
    {
        FakePeer[] peers = [Broker.Connect(), Broker.Connect(), Broker.Connect()];
        foreach (FakePeer peer in peers)
        {
            peer.RequestName(Name);
        }

        Assert.That(peers[2].AskWell("ListQueuedOwners", Name).Strings(), Is.EqualTo([":1.0", ":1.1", ":1.2"]));
        Assert.That(peers[2].AskWell("ListQueuedOwners", ":1.1").Strings(), Is.EqualTo([":1.1"]));
        Assert.That(peers[2].AskWell("ListQueuedOwners", "org.freedesktop.DBus").Strings(), Is.EqualTo(["org.freedesktop.DBus"]));
    }

    [TestCase("ListQueuedOwners")]
    [TestCase("GetNameOwner")]
    public void A_name_without_owner_has_none(string member)
    {
        FakePeer peer = Broker.Connect();
        foreach (string name in new[] { "org.example.Nobody", ":1.999", ":2.0", ":1.00", ":1.18446744073709551616", "not a name", "" })
        {
            Assert.That(peer.Ask(member, name).ErrorName, Is.EqualTo(ErrorNames.NameHasNoOwner), name);
        }
    }

    [Test]
    public void GetNameOwner_and_NameHasOwner_know_unique_and_well_known_names_and_the_bus()
    {
        FakePeer owner = Broker.Connect();
        owner.RequestName(Name);
        foreach ((string name, string? expected) in new (string, string?)[]
                 {
                     (Name, ":1.0"), (":1.0", ":1.0"), ("org.freedesktop.DBus", "org.freedesktop.DBus"), ("org.example.Nobody", null),
                     (":1.1", null), ("not a name", null),
                 })
        {
            Assert.That(owner.Ask("GetNameOwner", name).ErrorName is null, Is.EqualTo(expected is not null), name);
            Assert.That(owner.AskWell("NameHasOwner", name).ArgumentsText(), Is.EqualTo(expected is null ? "false" : "true"), name);
            if (expected is not null)
            {
                Assert.That(owner.AskWell("GetNameOwner", name).FirstString, Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void ListNames_begins_with_the_bus_and_has_every_name_once()
    {
        FakePeer owner = Broker.Connect();
        FakePeer waiting = Broker.Connect();
        Broker.Accept().Authenticate();
        owner.RequestName(Name);
        waiting.RequestName(Name);
        IReadOnlyList<string> names = owner.AskWell("ListNames").Strings();

        Assert.That(names[0], Is.EqualTo("org.freedesktop.DBus"));
        Assert.That(names, Is.EquivalentTo(["org.freedesktop.DBus", ":1.0", ":1.1", Name]));
    }

    [Test]
    public void A_name_goes_with_its_owner()
    {
        FakePeer owner = Broker.Connect();
        FakePeer other = Broker.Connect();
        owner.RequestName(Name);
        owner.Close();

        Assert.That(other.AskWell("NameHasOwner", Name).ArgumentsText(), Is.EqualTo("false"));
        Assert.That(other.AskWell("NameHasOwner", ":1.0").ArgumentsText(), Is.EqualTo("false"));
        Assert.That(other.RequestName(Name), Is.EqualTo(1));
    }
}
