using XcpBroker.Metrics;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Names;

/// <summary>What others hear when a peer goes.</summary>
internal sealed class DisconnectTests : BusFixture
{
    [Test]
    public void Names_go_in_reverse_order_of_acquisition_then_the_unique_name_then_callers_are_answered()
    {
        FakePeer leaving = Broker.Connect();
        leaving.RequestName("org.example.First");
        leaving.RequestName("org.example.Second");
        leaving.RequestName("org.example.Third");
        FakePeer caller = Broker.Connect();
        caller.AddMatch(NameChanges);
        FakePeer successor = Broker.Connect();
        successor.RequestName("org.example.Second");
        caller.Hear();
        uint one = caller.CallPeer("org.example.First", "Do");
        uint two = caller.CallPeer(":1.0", "Do");
        leaving.Close();

        Assert.That(caller.Hear(), Is.EqualTo(
        [
            "NameOwnerChanged(org.example.Third,:1.0,)",
            "NameOwnerChanged(org.example.Second,:1.0,:1.2)",
            "NameOwnerChanged(org.example.First,:1.0,)",
            "NameOwnerChanged(:1.0,:1.0,)",
            $"error {one} NoReply",
            $"error {two} NoReply",
        ]));
        Assert.That(successor.Hear(), Is.EqualTo(["NameAcquired(org.example.Second)"]));
    }

    [Test]
    public void NoReply_is_made_by_the_bus()
    {
        FakePeer leaving = Broker.Connect();
        FakePeer caller = Broker.Connect();
        caller.CallPeer(":1.0", "Do");
        leaving.Close();

        Peers.Raw.PeerMessage error = caller.Receive();
        Assert.That(
            (error.Type, error.Flags, error.Sender, error.Destination, error.Signature),
            Is.EqualTo(((byte)3, (byte)1, "org.freedesktop.DBus", ":1.1", "s")));
        Assert.That(error.FirstString, Is.EqualTo("Message recipient disconnected from message bus without replying"));
    }

    [Test]
    public void A_call_that_wants_no_answer_gets_no_NoReply()
    {
        FakePeer leaving = Broker.Connect();
        FakePeer caller = Broker.Connect();
        caller.SendRaw(new WireMessage(1) { Flags = 1 }.Path("/a").Member("Do").Destination(":1.0").Build());
        leaving.Close();

        Assert.That(caller.Hear(), Is.Empty);
    }

    [Test]
    public void The_one_that_goes_is_told_nothing()
    {
        FakePeer leaving = Broker.Connect();
        leaving.AddMatch(NameChanges);
        leaving.RequestName("org.example.Name");
        leaving.Close();

        Assert.That(leaving.Hear(), Is.Empty);
    }

    [Test]
    public void What_was_sent_before_the_end_is_still_handled()
    {
        FakePeer receiver = Broker.Connect();
        receiver.AddMatch(NameChanges);
        FakePeer sender = Broker.Connect();
        receiver.Hear();
        for (int i = 0; i < 2000; i++)
        {
            sender.Write(sender.Build(
                new() { Type = Protocol.Messages.MessageType.MethodCall, Flags = Protocol.Messages.MessageFlags.NoReplyExpected, Path = "/a", Member = "Do", Destination = ":1.0" },
                sender.NextSerial(),
                (uint)i));
        }

        sender.Close();
        List<string> heard = receiver.Hear();
        Assert.That(heard, Has.Count.EqualTo(2001));
        Assert.That(heard[^2..], Is.EqualTo(["call 2001 Do(1999)", "NameOwnerChanged(:1.1,:1.1,)"]));
    }

    [Test]
    public void An_end_within_a_message_is_said_in_the_log()
    {
        FakePeer sender = Broker.Connect();
        sender.SendRaw(WireMessage.Call(":1.0", "Do").Build().AsSpan(0, 20));
        sender.Close();

        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("PeerClosedWithinMessage"));
    }

    [Test]
    public void A_late_reply_to_one_that_is_gone_is_dropped_without_a_word()
    {
        FakePeer caller = Broker.Connect();
        FakePeer callee = Broker.Connect();
        caller.CallPeer(":1.1", "Do");
        Peers.Raw.PeerMessage call = callee.Receive();
        caller.Close();
        callee.Reply(call);

        Assert.That(callee.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.UnexpectedReply), Is.EqualTo(1));
    }

    [Test]
    public void Who_calls_itself_and_goes_gets_nothing()
    {
        FakePeer peer = Broker.Connect();
        peer.CallPeer(":1.0", "Do");
        peer.Close();

        Assert.That(Broker.Bus.Replies.IsEmpty, Is.True);
    }

    [Test]
    public void An_invalid_message_ends_its_sender_only_and_callers_are_told()
    {
        FakePeer broken = Broker.Connect();
        FakePeer caller = Broker.Connect();
        uint serial = caller.CallPeer(":1.0", "Do");
        broken.SendRaw("this is no message, is it?"u8);
        broken.ReceiveAll();

        Assert.That(broken.IsClosed, Is.True);
        Assert.That(caller.Hear(), Is.EqualTo([$"error {serial} NoReply"]));
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("InvalidMessage"));
    }
}
