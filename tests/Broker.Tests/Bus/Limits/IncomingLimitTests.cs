using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Limits;

/// <summary>What a peer may send, and what is held of it until it is whole.</summary>
internal sealed class IncomingLimitTests : BusFixture
{
    [Test]
    public void A_message_beyond_max_message_size_ends_its_sender_before_it_has_come()
    {
        Limit(limits => limits with { MaxMessageSize = 1000 });
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        sender.SendRaw(Message(1000));
        Assert.That(receiver.ReceiveAll(), Has.Count.EqualTo(1));
        sender.SendRaw(Message(1001).AsSpan(0, 16));
        sender.ReceiveAll();

        Assert.That(sender.IsClosed, Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("InvalidMessage"));
    }

    [Test]
    public void A_header_that_claims_the_most_is_refused_without_memory()
    {
        FakePeer sender = Broker.Connect();
        sender.SendRaw([(byte)'l', 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        sender.ReceiveAll();

        Assert.That(sender.IsClosed, Is.True);
    }

    [Test]
    public void An_incoming_message_takes_from_its_senders_share_only()
    {
        Limit(limits => limits with { MaxTotalBytes = 1 << 20 });
        FakePeer greedy = Broker.Connect();
        FakePeer other = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        byte[] large = Message(2 << 20);
        for (int at = 0; at + 65536 < large.Length && !greedy.IsClosed; at += 65536)
        {
            greedy.SendRaw(large.AsSpan(at, 65536));
            greedy.ReceiveAll();
        }

        Assert.That(greedy.IsClosed, Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("IncomingMemory"));
        other.CallPeer(":1.2", "Do", new byte[100_000]);
        Assert.That(receiver.ReceiveAll(), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_legal_message_that_has_no_room_beside_others_hoards_waits_for_it()
    {
        Limit(limits => limits with { MaxTotalBytes = 4 << 20, MaxOutgoingBytes = 8 << 20 });
        FakePeer deaf = Broker.Connect(socketBuffer: 4096);
        FakePeer sender = Broker.Connect();
        for (int i = 0; i < 3; i++)
        {
            Broker.Connect().CallPeer(":1.0", "Do", new byte[400_000]);
        }

        byte[] message = Message(900_000);
        sender.SendRaw(message.AsSpan(0, 1000));
        sender.SendRaw(message.AsSpan(1000));
        Broker.Pass(TimeSpan.FromSeconds(60));
        Assert.That(sender.ReceiveRaw(), Is.Empty);
        Assert.That(Broker.Bus.Counters.InputsPaused, Is.EqualTo(1));
        Assert.That(Lines("input paused"), Has.Exactly(1).Contains(sender.UniqueName));

        deaf.ReceiveAll();
        Broker.Pass(TimeSpan.FromSeconds(1));
        Assert.That(Lines("input resumed"), Has.Exactly(1).Contains(sender.UniqueName));
        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(5));
        Assert.That(sender.ReceiveRaw(), Has.Length.GreaterThan(900_000), "the message, which it sends to itself");
    }

    [Test]
    public void The_bus_may_end_while_one_waits_for_room()
    {
        FakePeer sender = BesideHoarders();
        sender.SendRaw(Message(900_000).AsSpan(0, 1000));
        Assert.That(Broker.Bus.Counters.InputsPaused, Is.EqualTo(1));
        Broker.Bus.Shutdown();
        Broker.Pass(TimeSpan.FromSeconds(1));
        Assert.That(Broker.Leftovers(), Is.Empty);
    }

    [TestCase(true, TestName = "One_that_leaves_while_it_waits_for_room_is_gone_at_once")]
    [TestCase(false, TestName = "One_that_has_left_when_it_should_wait_for_room_is_gone_at_once")]
    public void Leaving(bool isPausedFirst)
    {
        FakePeer sender = BesideHoarders();
        FakePeer other = Broker.Connect();
        sender.RequestName("org.example.Sender");
        other.AddMatch(NameChanges);
        int before = Broker.Bus.ConnectionCount;
        sender.Write(Message(900_000).AsSpan(0, 1000));
        if (isPausedFirst)
        {
            Broker.Run();
            Assert.That(Broker.Bus.Counters.InputsPaused, Is.EqualTo(1));
            Assert.That(other.Hear(), Is.Empty);
        }

        sender.Close();
        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(before - 1));
        Assert.That(other.Ask("NameHasOwner", "org.example.Sender").Number(), Is.Zero);
        Assert.That(Broker.Bus.Counters.InputsLost, Is.EqualTo(isPausedFirst ? 1 : 0));
        Assert.That(Lines("left while its input was paused").Count(), Is.EqualTo(isPausedFirst ? 1 : 0));
    }

    [Test]
    public void A_burst_of_whole_messages_never_ends_its_sender_however_little_memory_is_left()
    {
        Limit(limits => limits with { MaxTotalBytes = 200_000, MaxOutgoingBytes = 150_000 });
        Broker.Connect(socketBuffer: 4096);
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        for (int i = 0; i < 20; i++)
        {
            sender.CallPeer(":1.0", "Do", new byte[10_000]);
        }

        Assert.That(sender.Hear(), Is.Not.Empty, "its share is used up");
        byte[] message = new WireMessage(1) { Flags = 1 }.Path("/a").Member("Do").Destination(":1.2").Build();
        sender.SendRaw([.. Enumerable.Repeat(message, 2000).SelectMany(bytes => bytes)]);
        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(3));
        Assert.That(receiver.IsClosed, Is.False);
    }

    /// <summary>One that wants to send much, beside three that have used up the rest.</summary>
    private FakePeer BesideHoarders()
    {
        Limit(limits => limits with { MaxTotalBytes = 4 << 20, MaxOutgoingBytes = 8 << 20 });
        Broker.Connect(socketBuffer: 4096);
        FakePeer sender = Broker.Connect();
        for (int i = 0; i < 3; i++)
        {
            Broker.Connect().CallPeer(":1.0", "Do", new byte[400_000]);
        }

        return sender;
    }

    private IEnumerable<string> Lines(string part) => Broker.Log.Lines.Select(line => line.Text).Where(text => text.Contains(part, StringComparison.Ordinal));

    private static byte[] Message(int bytes)
    {
        WireMessage message = WireMessage.Call(":1.1", "Do").Signature("ay");
        int header = message.Build().Length;
        byte[] built = message.Build([.. message.UInt32((uint)(bytes - header - 4)), .. new byte[bytes - header - 4]]);
        Assert.That(built, Has.Length.EqualTo(bytes));
        return built;
    }
}
