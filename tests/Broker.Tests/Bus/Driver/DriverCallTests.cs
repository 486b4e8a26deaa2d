using XcpBroker.Driver;
using XcpBroker.Metrics;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Driver;

/// <summary>How the bus finds the method of a call, for every row of its table.</summary>
internal sealed class DriverCallTests : BusFixture
{
    private const string Bus = "org.freedesktop.DBus";
    private const string BusPath = "/org/freedesktop/DBus";

    private static IEnumerable<string> Rows
    {
        get
        {
            using InMemoryBroker broker = new();
            return [.. broker.Bus.Driver.Methods.Select(method => $"{method.Interface} {method.Name}").Order()];
        }
    }

    [TestCaseSource(nameof(Rows))]
    public void Other_arguments_than_its_own_are_refused(string row)
    {
        (DriverMethod method, FakePeer peer) = Prepare(row);
        object[] wrong = method.InSignature == "ss" ? ["one", "two", "three"] : ["one", "two"];
        PeerMessage answer = Ask(peer, PathOf(method), method.Interface, method.Name, wrong);

        Assert.That(answer.ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
        Assert.That(answer.FirstString, Does.Contain($"\"{method.InSignature}\"").And.Contain(method.Name));
    }

    [TestCaseSource(nameof(Rows))]
    public void It_is_found_without_interface_too(string row)
    {
        (DriverMethod method, FakePeer peer) = Prepare(row);
        object[] wrong = method.InSignature == "ss" ? ["one", "two", "three"] : ["one", "two"];

        Assert.That(Ask(peer, PathOf(method), null, method.Name, wrong).ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
    }

    [TestCaseSource(nameof(Rows))]
    public void It_is_on_any_path_or_on_that_of_the_bus_only(string row)
    {
        (DriverMethod method, FakePeer peer) = Prepare(row);
        object[] wrong = method.InSignature == "ss" ? ["one", "two", "three"] : ["one", "two"];
        bool isNew = method.Interface is "org.freedesktop.DBus.Properties" or "org.freedesktop.DBus.Monitoring" or "org.freedesktop.DBus.Debug.Stats"
            or BrokerMethods.Interface;
        string expected = method.Name == "UpdateActivationEnvironment" ? ErrorNames.AccessDenied
            : isNew ? ErrorNames.UnknownInterface
            : ErrorNames.InvalidArgs;

        Assert.That(Ask(peer, "/elsewhere", method.Interface, method.Name, wrong).ErrorName, Is.EqualTo(expected));
    }

    [TestCaseSource(nameof(Rows))]
    public void It_is_not_on_another_interface(string row)
    {
        (DriverMethod method, FakePeer peer) = Prepare(row);
        string other = method.Interface == Bus ? "org.freedesktop.DBus.Peer" : Bus;

        Assert.That(Ask(peer, PathOf(method), other, method.Name).ErrorName, Is.EqualTo(ErrorNames.UnknownMethod));
        Assert.That(Ask(peer, BusPath, "org.example.Unknown", method.Name).ErrorName, Is.EqualTo(ErrorNames.UnknownInterface));
    }

    [TestCaseSource(nameof(Rows))]
    public void Before_Hello_it_is_denied(string row)
    {
        string[] words = row.Split(' ');
        FakePeer peer = Broker.Accept();
        peer.Authenticate();
        PeerMessage answer = Ask(peer, BusPath, words[0], words[1]);

        Assert.That(answer.ErrorName, words[1] == "Hello" ? Is.Null : Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(peer.IsClosed, Is.False);
    }

    [Test]
    public void Unknown_members_are_unknown()
    {
        FakePeer peer = Broker.Connect();

        Assert.That(Ask(peer, BusPath, Bus, "NoSuchMethod").ErrorName, Is.EqualTo(ErrorNames.UnknownMethod));
        Assert.That(Ask(peer, BusPath, null, "NoSuchMethod").ErrorName, Is.EqualTo(ErrorNames.UnknownMethod));
        Assert.That(Ask(peer, "/elsewhere", "org.example.Unknown", "GetId").ErrorName, Is.EqualTo(ErrorNames.UnknownInterface));
    }

    [Test]
    public void Without_a_destination_only_Peer_is_answered()
    {
        FakePeer peer = Broker.Connect();

        Assert.That(Without("org.freedesktop.DBus.Peer", "Ping").ErrorName, Is.Null);
        Assert.That(Without("org.freedesktop.DBus.Peer", "GetMachineId").FirstString, Is.EqualTo(new string('a', 32)));
        Assert.That(Without(Bus, "GetId").ErrorName, Is.EqualTo(ErrorNames.UnknownMethod));
        Assert.That(Without("org.example.Unknown", "GetId").ErrorName, Is.EqualTo(ErrorNames.UnknownMethod));
        Assert.That(Without("org.freedesktop.DBus.Peer", "NoSuch").ErrorName, Is.EqualTo(ErrorNames.UnknownMethod));
        Assert.That(Without(null, "GetId").ErrorName, Is.EqualTo(ErrorNames.UnknownMethod));

        PeerMessage Without(string? name, string member) => peer.ReceiveReply(
            peer.Send(new MessageFields { Type = MessageType.MethodCall, Path = "/any", Interface = name, Member = member }));
    }

    [Test]
    public void What_is_no_call_is_ignored_by_the_bus()
    {
        FakePeer peer = Broker.Connect();
        peer.SendRaw(new WireMessage(4).Path("/a").Interface("a.b").Member("GetId").Destination(Bus).Build());
        peer.SendRaw(new WireMessage(2).ReplySerial(1).Destination(Bus).Build());
        peer.SendRaw(new WireMessage(3).ReplySerial(1).ErrorName("a.b").Destination(Bus).Build());

        Assert.That(peer.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.ToBus), Is.EqualTo(3));
    }

    [Test]
    public void Answers_of_the_bus_have_its_name_a_serial_of_their_own_and_want_no_answer()
    {
        FakePeer peer = Broker.Connect();
        PeerMessage first = peer.Ask("GetId");
        PeerMessage second = peer.Ask("NoSuchMethod");

        Assert.That((first.Sender, first.Destination, first.Flags), Is.EqualTo((Bus, ":1.0", (byte)1)));
        Assert.That((second.Sender, second.Destination, second.Flags), Is.EqualTo((Bus, ":1.0", (byte)1)));
        Assert.That(second.Serial, Is.GreaterThan(first.Serial));
    }

    /// <summary>The method, and the header of the answer, are not looked for anew; whatever differs must differ all the same.</summary>
    [Test]
    public void Calls_that_repeat_themselves_are_answered_each_by_itself()
    {
        FakePeer first = Broker.Connect();
        FakePeer second = Broker.Connect();
        for (int time = 0; time < 3; time++)
        {
            Assert.That(first.Ask("GetNameOwner", ":1.1").FirstString, Is.EqualTo(":1.1"));
            Assert.That(first.Ask("GetNameOwner", ":1.7").ErrorName, Is.EqualTo(ErrorNames.NameHasNoOwner));
            Assert.That(first.Ask("GetNameOwner", Bus).FirstString, Is.EqualTo(Bus));
            PeerMessage other = second.Ask("GetNameOwner", ":1.0");
            Assert.That((other.FirstString, other.Destination), Is.EqualTo((":1.0", ":1.1")));
            Assert.That(second.Ask("GetNameOwner", ":1.0", ":1.0").ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
            Assert.That(first.Ask("NameHasOwner", ":1.1").Number(), Is.EqualTo(1));
            Assert.That(Ask(first, "/elsewhere", "org.freedesktop.DBus.Debug.Stats", "GetStats").ErrorName, Is.EqualTo(ErrorNames.UnknownInterface));
        }
    }

    private static string PathOf(DriverMethod method) => method.Path == PathRule.BrokerOnly ? BrokerMethods.Path : BusPath;

    private static PeerMessage Ask(FakePeer peer, string path, string? name, string member, params object[] arguments) =>
        peer.ReceiveReply(peer.CallOn(Bus, path, name, member, arguments));

    private (DriverMethod Method, FakePeer Peer) Prepare(string row)
    {
        string[] words = row.Split(' ');
        return (Broker.Bus.Driver.Methods.Single(method => method.Interface == words[0] && method.Name == words[1]), Broker.Connect());
    }
}
