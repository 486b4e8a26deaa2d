using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Monitoring;

/// <summary>What a monitor sees.</summary>
internal sealed class MonitoredMessageTests : MonitorFixture
{
    [Test]
    public void It_sees_calls_replies_errors_signals_and_the_bus()
    {
        FakePeer monitor = Monitor();
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        Assert.That(monitor.Hear(), Is.EqualTo(
        [
            "call 1 Hello()", "return 1(:1.1)", "NameOwnerChanged(:1.1,,:1.1)", "NameAcquired(:1.1)",
            "call 1 Hello()", "return 1(:1.2)", "NameOwnerChanged(:1.2,,:1.2)", "NameAcquired(:1.2)",
        ]));

        one.CallPeer(":1.2", "Do");
        two.Reply(two.Receive(), "done");
        one.EmitTo(":1.2", "Unicast");
        one.Emit("Broadcast");
        one.CallPeer("org.example.Nobody", "Do");
        one.Ask("GetId");
        two.Close();
        Assert.That(monitor.Hear(), Is.EqualTo(
        [
            "call 2 Do()", "return 2(done)", "Unicast()", "Broadcast()", "call 5 Do()", "error 5 ServiceUnknown",
            "call 6 GetId()", $"return 6({InMemoryBroker.Id})", "NameLost(:1.2)", "NameOwnerChanged(:1.2,:1.2,)",
        ]));
    }

    [Test]
    public void It_sees_each_message_as_its_receiver_does()
    {
        FakePeer monitor = Monitor();
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        monitor.ReceiveRaw();
        one.SendRaw(new WireMessage(1) { Serial = 9 }.Sender(":1.99").Path("/a").Member("Do").Destination(":1.2").Number(99, 1).Build());

        Assert.That(monitor.ReceiveRaw(), Is.EqualTo(two.ReceiveRaw()));
    }

    [Test]
    public void It_sees_what_was_refused_and_what_goes_nowhere()
    {
        FakePeer monitor = Monitor();
        FakePeer one = Broker.Connect();
        monitor.Hear();
        one.EmitTo("org.example.Nobody", "ToNobody");
        one.SendRaw(new WireMessage(2) { Serial = 50, Flags = 1 }.ReplySerial(77).Destination(":1.1").Build());
        one.SendRaw(new WireMessage(2) { Serial = 51, Flags = 1 }.ReplySerial(78).Build());
        one.SendRaw(new WireMessage(4) { Serial = 52, Flags = 1 }.Path("/a").Interface(Bus).Member("NameAcquired").Destination(":1.1").Build());
        one.SendRaw(new WireMessage(4) { Serial = 53, Flags = 1 }.Path("/a").Interface("a.b").Member("ToTheBus").Destination(Bus).Build());

        Assert.That(monitor.Hear(), Is.EqualTo(["ToNobody()", "return 77()", "return 78()", "NameAcquired()", "ToTheBus()"]));
        Assert.That(one.Hear(), Is.Empty);
    }

    [Test]
    public void It_sees_a_message_that_came_before_Hello_and_its_refusal()
    {
        FakePeer monitor = Monitor();
        FakePeer early = Broker.Accept();
        early.Authenticate();
        early.CallOn("org.example.Nobody", "/a", "a.b", "TooEarly");
        FakePeer asking = Broker.Accept();
        asking.Authenticate();
        asking.Call("ListNames");
        List<PeerMessage> seen = monitor.ReceiveAll();

        Assert.That(seen.Select(MessageStory.Tell), Is.EqualTo(["call 1 TooEarly()", "call 1 ListNames()", "error 1 AccessDenied"]));
        Assert.That(seen[0].Sender, Is.EqualTo(":not.active.yet"));
    }

    [Test]
    public void It_alone_is_told_why_a_call_that_wants_no_answer_is_refused()
    {
        FakePeer monitor = Monitor();
        FakePeer peer = Broker.Connect();
        monitor.Hear();
        peer.SendRaw(new WireMessage(1) { Flags = 1, Serial = 9 }.Path("/a").Member("Do").Destination("org.example.Nobody").Build());
        peer.SendRaw(new WireMessage(1) { Flags = 1, Serial = 10 }.Path("/a").Member("NoSuch").Destination(Bus).Build());

        Assert.That(monitor.Hear(), Is.EqualTo(["call 9 Do()", "call 10 NoSuch()", "error 10 UnknownMethod"]));
        Assert.That(peer.Hear(), Is.Empty);
    }

    [TestCase("destination='org.example.Two'", "call 10 Do()", "Unicast()")]
    [TestCase("destination=':1.2'", "call 10 Do()", "Unicast()")]
    [TestCase("destination=':1.1'", "return 10(done)")]
    [TestCase("sender='org.example.Two'", "return 10(done)")]
    [TestCase("sender=':1.1'", "call 10 Do()", "Unicast()", "Broadcast()")]
    [TestCase("type='method_return'", "return 10(done)")]
    [TestCase("member='Broadcast',type='signal'", "Broadcast()")]
    [TestCase("eavesdrop='true',type='method_call'", "call 10 Do()")]
    public void It_sees_what_its_rules_choose(string rule, params string[] expected)
    {
        FakePeer monitor = Broker.Connect();
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        two.RequestName("org.example.Two");
        BecomeMonitor(monitor, rule);
        monitor.Hear();
        while (one.NextSerial() < 9)
        {
        }

        one.CallPeer(":1.2", "Do");
        two.Reply(two.Receive(), "done");
        one.EmitTo("org.example.Two", "Unicast");
        one.Emit("Broadcast");

        Assert.That(monitor.Hear(), Is.EqualTo(expected));
    }

    [Test]
    public void It_gets_one_copy_whatever_its_rules_and_keeps_none_of_its_old_ones()
    {
        FakePeer monitor = Broker.Connect();
        monitor.AddMatch("member='Old'");
        FakePeer one = Broker.Connect();
        BecomeMonitor(monitor, "member='New'", "member='New'", "type='signal',member='New'");
        monitor.Hear();
        one.Emit("New");
        one.Emit("Old");

        Assert.That(monitor.Hear(), Is.EqualTo(["New()"]));
    }

    [Test]
    public void It_misses_nothing_whatever_it_heard_as_a_peer()
    {
        for (int before = 0; before < 30; before++)
        {
            Limit(limits => limits);
            FakePeer other = Broker.Connect();
            FakePeer monitor = Broker.Connect();
            monitor.AddMatch("member='Before'");
            FakePeer one = Broker.Connect();
            for (int i = 0; i < 20; i++)
            {
                one.Emit("Before");
            }

            BecomeMonitor(other, "member='Nothing'");
            for (int i = 0; i < before; i++)
            {
                one.EmitTo(":1.9", "SeenByNoMonitor");
            }

            BecomeMonitor(monitor, "member='After'");
            monitor.Hear();
            one.Emit("After");
            Assert.That(monitor.Hear(), Is.EqualTo(["After()"]), $"{before} messages before");
        }
    }

    [Test]
    public void A_monitor_sees_how_another_becomes_one_and_both_see_everything_once()
    {
        FakePeer first = Monitor();
        FakePeer second = Broker.Connect();
        first.Hear();
        uint serial = BecomeMonitor(second);
        Assert.That(
            first.Hear(),
            Is.EqualTo([$"call {serial} BecomeMonitor([],0)", $"return {serial}()", "NameLost(:1.1)", "NameOwnerChanged(:1.1,:1.1,)"]));
        second.Hear();
        Broker.Connect().Emit("S");

        Assert.That(first.Hear(), Has.Count.EqualTo(5));
        Assert.That(second.Hear(), Has.Count.EqualTo(5));
    }

    [Test]
    public void A_call_that_its_receiver_cannot_take_is_seen_with_its_refusal()
    {
        Limit(limits => limits with { MaxOutgoingBytes = 50_000 });
        FakePeer monitor = Monitor();
        Broker.Connect(socketBuffer: 4096);
        FakePeer caller = Broker.Connect();
        while (caller.ReceiveAll().Count == 0)
        {
            monitor.ReceiveAll();
            caller.CallPeer(":1.1", "Do", new byte[10_000]);
        }

        Assert.That(monitor.ReceiveAll().Select(message => message.ErrorName ?? message.Member), Is.EqualTo(["Do", "org.freedesktop.DBus.Error.LimitsExceeded"]));
    }
}
