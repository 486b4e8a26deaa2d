using XcpBroker.Metrics;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Routing;

/// <summary>Only the answer to a call reaches its caller, and each call is answered once.</summary>
internal sealed class ReplyTests : BusFixture
{
    [Test]
    public void A_reply_reaches_the_caller_and_a_second_one_does_not()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        uint serial = caller.CallPeer(":1.1", "Do", "argument");
        PeerMessage call = callee.Receive();
        callee.Reply(call, "once");
        callee.Reply(call, "twice");

        Assert.That(caller.Hear(), Is.EqualTo([$"return {serial}(once)"]));
        Assert.That(callee.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.UnexpectedReply), Is.EqualTo(1));
    }

    [TestCase(MessageType.MethodReturn)]
    [TestCase(MessageType.Error)]
    public void What_nobody_asked_for_is_dropped_without_an_error(MessageType type)
    {
        (FakePeer victim, FakePeer sender) = Pair();
        foreach (string? destination in new[] { ":1.0", ":1.1", ":1.999", "org.example.Nobody", "org.freedesktop.DBus", null })
        {
            sender.Send(new MessageFields
            {
                Type = type,
                ErrorName = type == MessageType.Error ? "org.example.Error" : null,
                ReplySerial = 1,
                Destination = destination,
            });
        }

        Assert.That(victim.Hear(), Is.Empty);
        Assert.That(sender.Hear(), Is.Empty);
        Assert.That(sender.Ask("GetId").ErrorName, Is.Null);
    }

    [Test]
    public void Nobody_else_can_answer()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        FakePeer third = Broker.Connect();
        uint serial = caller.CallPeer(":1.1", "Do");
        PeerMessage call = callee.Receive();
        third.Reply(call, "forged");
        callee.Send(new MessageFields { Type = MessageType.MethodReturn, Destination = ":1.0", ReplySerial = serial + 1 });
        Assert.That(caller.Hear(), Is.Empty);
        callee.Reply(call, "true");

        Assert.That(caller.Hear(), Is.EqualTo([$"return {serial}(true)"]));
    }

    [Test]
    public void An_error_is_an_answer_too()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        uint serial = caller.CallPeer(":1.1", "Do");
        callee.ReceiveAll();
        callee.Send(
            new MessageFields { Type = MessageType.Error, ErrorName = "org.example.Error", Destination = ":1.0", ReplySerial = serial }, "why");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {serial} org.example.Error"]));
        Assert.That(Broker.Bus.Replies.Count, Is.Zero);
    }

    [Test]
    public void A_reply_may_be_addressed_by_a_name_of_the_caller()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        caller.RequestName("org.example.Caller");
        uint serial = caller.CallPeer(":1.1", "Do");
        callee.ReceiveAll();
        callee.Send(new MessageFields { Type = MessageType.MethodReturn, Destination = "org.example.Caller", ReplySerial = serial });

        Assert.That(caller.Hear(), Is.EqualTo([$"return {serial}()"]));
    }

    [Test]
    public void A_serial_that_still_waits_is_refused_and_the_first_call_stands()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        Call(caller, ":1.1", 7);
        Call(caller, ":1.1", 7);
        Assert.That(caller.Hear(), Is.EqualTo(["error 7 AccessDenied"]));
        PeerMessage call = callee.Receive();
        callee.Reply(call);
        Assert.That(caller.Hear(), Is.EqualTo(["return 7()"]));
        Call(caller, ":1.1", 7);

        Assert.That(callee.Hear(), Is.EqualTo(["call 7 Do()"]), "an answered serial is free again");
    }

    [Test]
    public void The_same_serial_may_wait_for_two_callees_and_for_none()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        FakePeer other = Broker.Connect();
        Call(caller, ":1.1", 7);
        Call(caller, ":1.2", 7);
        Call(caller, ":1.1", 7, MessageFlags.NoReplyExpected);

        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(callee.Hear(), Is.EqualTo(["call 7 Do()", "call 7 Do()"]));
        Assert.That(other.Hear(), Is.EqualTo(["call 7 Do()"]));
    }

    [Test]
    public void A_call_that_wants_no_answer_gets_none()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        Call(caller, ":1.1", 7, MessageFlags.NoReplyExpected);
        PeerMessage call = callee.Receive();
        callee.Reply(call, "unwanted");

        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(callee.Hear(), Is.Empty);
    }

    [Test]
    public void The_bus_says_nothing_to_a_call_that_wants_no_answer()
    {
        FakePeer caller = Broker.Connect();
        foreach ((string member, object[] arguments) in new (string, object[])[]
                 {
                     ("GetId", []), ("NoSuchMethod", []), ("RequestName", ["not a name", 0u]), ("AddMatch", ["not a rule"]), ("Hello", []),
                     ("GetNameOwner", ["org.example.Nobody"]), ("RequestName", ["org.example.Name", 0u]),
                 })
        {
            caller.Send(
                new MessageFields
                {
                    Type = MessageType.MethodCall,
                    Flags = MessageFlags.NoReplyExpected,
                    Destination = "org.freedesktop.DBus",
                    Path = "/org/freedesktop/DBus",
                    Interface = "org.freedesktop.DBus",
                    Member = member,
                },
                arguments);
        }

        Assert.That(caller.Hear(), Is.EqualTo(["NameAcquired(org.example.Name)"]), "the call itself was done");
    }

    [Test]
    public void A_caller_cannot_have_more_calls_in_flight_than_its_limit()
    {
        Limit(limits => limits with { MaxRepliesPerConnection = 2 });
        (FakePeer caller, FakePeer callee) = Pair();
        FakePeer other = Broker.Connect();
        caller.CallPeer(":1.1", "One");
        caller.CallPeer(":1.2", "Two");
        uint refused = caller.CallPeer(":1.1", "Three");
        PeerMessage error = caller.Receive();
        Assert.That((error.ErrorName, error.ReplySerial), Is.EqualTo((ErrorNames.LimitsExceeded, refused)));
        Assert.That(error.FirstString, Does.Contain("max_replies_per_connection=2"));

        Call(caller, ":1.1", 1000, MessageFlags.NoReplyExpected);
        other.CallPeer(":1.1", "Else");
        Assert.That(callee.Hear(), Is.EqualTo(["call 2 One()", "call 1000 Do()", "call 2 Else()"]), "the limit is the caller's own");
        Assert.That(caller.Ask("GetId").ErrorName, Is.Null, "calls of the bus are answered at once");
    }

    [Test]
    public void A_reply_makes_room_for_another_call()
    {
        Limit(limits => limits with { MaxRepliesPerConnection = 1 });
        (FakePeer caller, FakePeer callee) = Pair();
        caller.CallPeer(":1.1", "One");
        callee.Reply(callee.Receive());
        caller.CallPeer(":1.1", "Two");

        Assert.That(callee.Hear(), Is.EqualTo(["call 3 Two()"]));
    }

    [Test]
    public void A_call_times_out_where_the_bus_has_a_timeout_and_a_late_reply_is_dropped()
    {
        Limit(limits => limits with { ReplyTimeout = TimeSpan.FromSeconds(10) });
        (FakePeer caller, FakePeer callee) = Pair();
        uint first = caller.CallPeer(":1.1", "One");
        Broker.Pass(TimeSpan.FromSeconds(6));
        uint second = caller.CallPeer(":1.1", "Two");
        Broker.Pass(TimeSpan.FromSeconds(5));
        PeerMessage error = caller.Receive();
        Assert.That(error.Tell(), Is.EqualTo($"error {first} NoReply"));
        Assert.That(error.FirstString, Is.EqualTo("Message did not receive a reply (timeout by message bus)"));

        List<PeerMessage> calls = callee.ReceiveAll();
        callee.Reply(calls[0], "late");
        callee.Reply(calls[1], "in time");
        Broker.Pass(TimeSpan.FromSeconds(60));
        Assert.That(caller.Hear(), Is.EqualTo([$"return {second}(in time)"]));
    }

    [Test]
    public void Without_a_timeout_a_call_waits_for_ever()
    {
        (FakePeer caller, FakePeer callee) = Pair();
        uint serial = caller.CallPeer(":1.1", "One");
        Broker.Pass(TimeSpan.FromDays(365));
        callee.Reply(callee.Receive());

        Assert.That(caller.Hear(), Is.EqualTo([$"return {serial}()"]));
    }

    private static void Call(FakePeer caller, string destination, uint serial, MessageFlags flags = MessageFlags.None) =>
        caller.SendRaw(new WireMessage(1) { Serial = serial, Flags = (byte)flags }.Path("/a").Member("Do").Destination(destination).Build());

    private (FakePeer Caller, FakePeer Callee) Pair() => (Broker.Connect(), Broker.Connect());
}
