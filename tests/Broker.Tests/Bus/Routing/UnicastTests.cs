using XcpBroker.Metrics;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Routing;

internal sealed class UnicastTests : BusFixture
{
    [Test]
    public void A_call_reaches_the_owner_of_the_name_at_that_moment()
    {
        FakePeer caller = Broker.Connect();
        FakePeer first = Broker.Connect();
        FakePeer second = Broker.Connect();
        first.RequestName("org.example.Name", 1);
        caller.CallPeer("org.example.Name", "One");
        second.RequestName("org.example.Name", 2);
        caller.CallPeer("org.example.Name", "Two");

        Assert.That(first.Hear(), Is.EqualTo(["call 2 One()", "NameLost(org.example.Name)"]));
        Assert.That(second.Hear(), Is.EqualTo(["call 3 Two()"]));
    }

    [TestCase("org.example.Nobody")]
    [TestCase(":1.999")]
    [TestCase(":7.0")]
    [TestCase(":1.00")]
    public void Nobody_there_is_told_by_what_might_have_been_started(string name)
    {
        FakePeer caller = Broker.Connect();
        uint started = Call(caller, name, MessageFlags.None);
        uint notStarted = Call(caller, name, MessageFlags.NoAutoStart);
        Call(caller, name, MessageFlags.NoReplyExpected);
        Call(caller, name, MessageFlags.NoReplyExpected | MessageFlags.NoAutoStart);

        Assert.That(caller.Hear(), Is.EqualTo([$"error {started} ServiceUnknown", $"error {notStarted} NameHasNoOwner"]));
    }

    [Test]
    public void Errors_name_the_destination()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer("org.example.Nobody", "Do");

        Assert.That(caller.Receive().FirstString, Does.Contain("org.example.Nobody"));
    }

    [Test]
    public void A_signal_to_nobody_is_dropped_without_a_word()
    {
        FakePeer sender = Broker.Connect();
        sender.EmitTo("org.example.Nobody", "Hello");
        sender.SendRaw(new WireMessage(4).Path("/a").Interface("a.b").Member("C").Destination("org.example.Nobody").Build());

        Assert.That(sender.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.ToNobody), Is.EqualTo(2));
    }

    [Test]
    public void A_unicast_signal_needs_no_rule_and_comes_once_with_one()
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        receiver.RequestName("org.example.Name");
        sender.EmitTo(":1.1", "One");
        receiver.AddMatch("type='signal'");
        Assert.That(receiver.Hear(), Is.Empty, "AskWell dropped it with the answer");
        sender.EmitTo("org.example.Name", "Two");

        Assert.That(receiver.Hear(), Is.EqualTo(["Two()"]));
    }

    [Test]
    public void A_third_party_never_sees_what_is_addressed_to_another()
    {
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        FakePeer third = Broker.Connect();
        foreach (string rule in new[]
                 {
                     "", "type='signal'", "type='method_call'", "type='method_return'", "type='error'", "sender=':1.0'", "destination=':1.1'",
                     "interface='org.example.Interface'", "eavesdrop='true'", "path='/a'", "member='Do'",
                 })
        {
            third.AddMatch(rule);
        }

        one.EmitTo(":1.1", "Signal");
        one.CallPeer(":1.1", "Do");
        two.Reply(two.ReceiveAll()[1]);
        one.CallPeer("org.example.Nobody", "Do");
        one.Ask("GetId");

        Assert.That(third.Hear(), Is.Empty);
    }

    [Test]
    public void A_peer_can_call_itself_and_hear_itself()
    {
        FakePeer peer = Broker.Connect();
        peer.AddMatch("sender=':1.0'");
        uint serial = peer.CallPeer(":1.0", "Do");
        Peers.Raw.PeerMessage call = peer.Receive();
        peer.Reply(call, "done");
        peer.Emit("Signal");

        Assert.That(peer.Hear(), Is.EqualTo([$"return {serial}(done)", "Signal()"]));
    }

    [Test]
    public void A_call_without_interface_is_passed_on_without_one()
    {
        FakePeer caller = Broker.Connect();
        FakePeer callee = Broker.Connect();
        caller.CallOn(":1.1", "/a", null, "Do");

        Assert.That(callee.Receive().Interface, Is.Null);
    }

    [Test]
    public void A_message_of_unknown_type_is_ignored()
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        receiver.AddMatch("");
        foreach (byte type in new byte[] { 5, 6, 77, 255 })
        {
            sender.SendRaw(new WireMessage(type).Path("/a").Interface("a.b").Member("C").Destination(":1.1").Build());
            sender.SendRaw(new WireMessage(type).Path("/a").Interface("a.b").Member("C").Destination("org.freedesktop.DBus").Build());
            sender.SendRaw(new WireMessage(type).Build());
        }

        Assert.That(receiver.Hear(), Is.Empty);
        Assert.That(sender.Hear(), Is.Empty);
        Assert.That(sender.Ask("GetId").ErrorName, Is.Null);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.UnknownType), Is.EqualTo(12));
    }

    [Test]
    public void Signals_that_imitate_the_bus_are_dropped_and_counted()
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        receiver.AddMatch("");
        receiver.Hear();
        sender.Signal("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged", "org.example.Name", "", ":1.0");
        sender.Signal("/elsewhere", "org.freedesktop.DBus", "Anything");
        sender.SendRaw(new WireMessage(4).Path("/a").Interface("org.freedesktop.DBus").Member("NameAcquired").Destination(":1.1").Build());

        Assert.That(receiver.Hear(), Is.Empty);
        Assert.That(sender.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.ForgedSignal), Is.EqualTo(3));
        Assert.That(sender.Ask("GetId").ErrorName, Is.Null);
    }

    [TestCase("org.freedesktop.DBus.Properties")]
    [TestCase("org.freedesktop.DBus.ObjectManager")]
    [TestCase("org.freedesktop.DBus.Local2")]
    [TestCase("org.freedesktop.DBusX")]
    public void Signals_of_other_interfaces_pass(string name)
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        receiver.AddMatch($"interface='{name}'");
        sender.Signal("/a", name, "Changed");

        Assert.That(receiver.Hear(), Is.EqualTo(["Changed()"]));
    }

    [Test]
    public void Calls_of_the_bus_interface_reach_peers_that_have_it()
    {
        FakePeer caller = Broker.Connect();
        FakePeer callee = Broker.Connect();
        caller.CallOn(":1.1", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId");

        Assert.That(callee.Hear(), Is.EqualTo(["call 2 GetId()"]));
    }

    private static uint Call(FakePeer caller, string name, MessageFlags flags) => caller.Send(
        new MessageFields { Type = MessageType.MethodCall, Flags = flags, Path = "/a", Member = "Do", Destination = name });
}
