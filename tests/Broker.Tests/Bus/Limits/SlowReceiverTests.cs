using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Limits;

/// <summary>A peer that does not read: who pays for what waits for it, and what others feel of it.</summary>
internal sealed class SlowReceiverTests : BusFixture
{
    private const int Queue = 100_000;
    private const int Socket = 4096;
    private static readonly byte[] Body = new byte[10_000];

    [SetUp]
    public void Small_queues() => Limit(limits => limits with { MaxOutgoingBytes = Queue });

    [Test]
    public void Its_caller_is_told_the_limit_and_pays_alone()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        FakePeer caller = Broker.Connect();
        FakePeer other = Broker.Connect();
        FakePeer third = Broker.Connect();
        int taken = CallUntilRefused(caller, ":1.0", out PeerMessage error);
        Assert.That(taken, Is.InRange(Queue / Body.Length, (Queue / Body.Length) + 2));
        Assert.That(error.FirstString, Does.Contain($"max_outgoing_bytes={Queue}").And.Contain(":1.0"));

        uint elsewhere = caller.CallPeer(":1.3", "Do", Body);
        Assert.That(caller.Hear(), Is.EqualTo([$"error {elsewhere} LimitsExceeded"]), "its budget is one for all it sends");
        Assert.That(CallUntilRefused(other, ":1.0", out _), Is.EqualTo(taken).Within(1), "another has its own");
        third.CallPeer(":1.2", "Do", Body);
        Assert.That(other.ReceiveAll(), Has.Count.EqualTo(1), "and other pairs go on");
        Assert.That(deaf.IsClosed, Is.False);
    }

    [Test]
    public void When_it_reads_again_all_that_was_taken_comes_and_the_budget_is_back()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        FakePeer caller = Broker.Connect();
        int taken = CallUntilRefused(caller, ":1.0", out _);
        Assert.That(deaf.ReceiveAll().Select(message => message.Serial), Is.EqualTo(Enumerable.Range(2, taken)));
        caller.CallPeer(":1.0", "Do", Body);

        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(deaf.ReceiveAll(), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_queue_below_its_limit_takes_one_more_message_of_any_size()
    {
        Broker.Connect(socketBuffer: Socket);
        FakePeer caller = Broker.Connect();
        caller.CallPeer(":1.0", "Do", new byte[Queue - 2000]);
        caller.CallPeer(":1.0", "Do", new byte[20 * Queue]);
        Assert.That(caller.Hear(), Is.Empty);
        uint refused = caller.CallPeer(":1.0", "Do");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {refused} LimitsExceeded"]));
    }

    [Test]
    public void A_refused_call_leaves_no_pending_reply()
    {
        Broker.Connect(socketBuffer: Socket);
        FakePeer caller = Broker.Connect();
        int taken = CallUntilRefused(caller, ":1.0", out _);

        Assert.That(Broker.Bus.Replies.Count, Is.EqualTo(taken));
    }

    [Test]
    public void Unicast_signals_are_refused_alike_and_without_a_word_if_they_want_none()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        FakePeer sender = Broker.Connect();
        for (int i = 0; i < 30; i++)
        {
            sender.EmitTo(":1.0", "Do", Body);
        }

        int refused = (int)Broker.Bus.Counters.UnicastsRefused;
        Assert.That(sender.Hear(), Is.Empty);
        Assert.That(refused, Is.InRange(17, 20));
        Assert.That(deaf.ReceiveAll(), Has.Count.EqualTo(30 - refused));
    }

    [Test]
    public void Replies_and_the_bus_still_reach_it_by_the_reserve()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        FakePeer sender = Broker.Connect();
        deaf.AddMatch("member='S'");
        deaf.AddMatch(NameChanges);
        uint serial = deaf.CallPeer(":1.1", "Do");
        PeerMessage call = sender.Receive();
        for (int i = 0; i < 50; i++)
        {
            sender.Emit("S", Body);
        }

        sender.Reply(call, "done");
        sender.RequestName("org.example.Name");
        uint asked = deaf.Call("GetId");

        Assert.That(
            deaf.Hear()[^3..],
            Is.EqualTo([$"return {serial}(done)", "NameOwnerChanged(org.example.Name,,:1.1)", $"return {asked}({InMemoryBroker.Id})"]));
    }

    [Test]
    public void One_that_is_reading_a_reply_beyond_its_limit_hears_the_bus_and_gets_further_replies()
    {
        FakePeer reader = Broker.Connect(socketBuffer: Socket);
        FakePeer service = Broker.Connect();
        reader.AddMatch(NameChanges);
        uint large = reader.CallPeer(":1.1", "Large");
        uint small = reader.CallPeer(":1.1", "Small");
        PeerMessage[] calls = [.. service.ReceiveAll()];

        service.Reply(calls[0], new byte[20 * Queue]);
        service.RequestName("org.example.Name");
        service.Reply(calls[1], "done");

        Assert.That(
            reader.ReceiveAll().Where(message => message.ReplySerial != 0 || message.Member == "NameOwnerChanged").Select(message => message.ReplySerial),
            Is.EqualTo([large, 0u, small]));
    }

    [Test]
    public void A_second_reply_beyond_its_limit_is_replaced_by_an_error()
    {
        FakePeer reader = Broker.Connect(socketBuffer: Socket);
        FakePeer service = Broker.Connect();
        reader.CallPeer(":1.1", "Large");
        uint second = reader.CallPeer(":1.1", "Large");
        PeerMessage[] calls = [.. service.ReceiveAll()];

        service.Reply(calls[0], new byte[20 * Queue]);
        service.Reply(calls[1], new byte[20 * Queue]);

        Assert.That(reader.Hear()[^1], Is.EqualTo($"error {second} LimitsExceeded"));
        Assert.That(reader.IsClosed, Is.False);
    }

    [Test]
    public void An_answer_of_the_bus_larger_than_the_reserve_is_replaced_by_an_error_too()
    {
        FakePeer reader = Broker.Connect(socketBuffer: Socket);
        FakePeer service = Broker.Connect();
        for (int i = 0; i < 100; i++)
        {
            service.RequestName($"org.example.Name{i}.{new string('x', 200)}");
        }

        reader.CallPeer(":1.1", "Large");
        service.Reply(service.Receive(), new byte[20 * Queue]);
        uint asked = reader.Call("ListNames");

        Assert.That(reader.Hear()[^1], Is.EqualTo($"error {asked} Failed"));
    }

    [Test]
    public void Who_exhausts_even_the_reserve_is_disconnected_and_the_reason_logged()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        FakePeer sender = Broker.Connect();
        deaf.AddMatch(NameChanges);
        uint waiting = sender.CallPeer(":1.0", "Do");
        List<string> heard = [];
        for (int i = 0; i < 2000 && Broker.Bus.ConnectionCount == 2; i++)
        {
            sender.Call("RequestName", "org.example.Name", 0u);
            sender.Call("ReleaseName", "org.example.Name");
            heard.AddRange(sender.Hear());
        }

        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(1));
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Exactly(1).Contains("SlowReader"));
        Assert.That(heard, Has.Some.EqualTo($"error {waiting} NoReply"));
    }

    [Test]
    public void One_that_leaves_and_so_exhausts_anothers_reserve_ends_that_one_at_once()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        FakePeer owner = Broker.Connect();
        for (int i = 0; i < 500; i++)
        {
            owner.RequestName($"org.example.A{i}{new string('x', 200)}");
        }

        deaf.AddMatch(NameChanges);
        FakePeer other = Broker.Connect();
        owner.Close();

        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(1), "the deaf one was told of 501 changes, more than its reserve holds");
        Assert.That(other.Ask("NameHasOwner", ":1.0").ArgumentsText(), Is.EqualTo("false"));
    }

    [Test]
    public void One_whose_reserve_a_timeout_exhausts_ends_at_once()
    {
        Limit(limits => limits with { MaxOutgoingBytes = Queue, ReplyTimeout = TimeSpan.FromSeconds(1) });
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        Broker.Connect();
        for (int i = 0; i < 1000; i++)
        {
            deaf.CallPeer(":1.1", "Do");
        }

        Broker.Pass(TimeSpan.FromSeconds(2));
        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(1));
    }

    [Test]
    public void A_peer_that_asks_and_never_reads_is_disconnected_itself()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: Socket);
        FakePeer other = Broker.Connect();
        for (int i = 0; i < 5000 && Broker.Bus.ConnectionCount == 2; i++)
        {
            deaf.Call("ListNames");
        }

        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(1));
        Assert.That(other.Ask("GetId").ErrorName, Is.Null);
    }

    [Test]
    public void Those_that_flood_cannot_keep_a_third_from_its_share()
    {
        Limit(limits => limits with { MaxTotalBytes = 4 << 20, MaxOutgoingBytes = 1 << 20 });
        for (int i = 0; i < 8; i++)
        {
            Broker.Connect(socketBuffer: Socket);
        }

        for (int i = 0; i < 8; i++)
        {
            FakePeer greedy = Broker.Connect();
            for (int call = 0; call < 300; call++)
            {
                greedy.CallPeer($":1.{i}", "Do", Body);
                greedy.ReceiveAll();
            }
        }

        FakePeer late = Broker.Connect();
        FakePeer receiver = Broker.Connect(socketBuffer: Socket);
        uint serial = late.CallPeer(receiver.UniqueName, "Do", Body);

        Assert.That(late.Hear(), Is.Empty);
        receiver.Reply(receiver.Receive(), Body);
        Assert.That(late.Receive().ReplySerial, Is.EqualTo(serial));
    }

    [Test]
    public void What_does_not_fit_into_a_share_names_max_total_bytes()
    {
        Limit(limits => limits with { MaxTotalBytes = 100_000 });
        Broker.Connect(socketBuffer: Socket);
        FakePeer caller = Broker.Connect();
        CallUntilRefused(caller, ":1.0", out PeerMessage error);

        Assert.That(error.FirstString, Does.Contain("max_total_bytes=100000"));
    }

    private static int CallUntilRefused(FakePeer caller, string destination, out PeerMessage error)
    {
        for (int taken = 0; ; taken++)
        {
            caller.CallPeer(destination, "Do", Body);
            if (caller.ReceiveAll() is [PeerMessage refusal])
            {
                Assert.That(refusal.ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
                error = refusal;
                return taken;
            }
        }
    }
}
