using XcpBroker.Journal;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>One-way messages that survive the broker.</summary>
internal sealed class DurableTests : DurableFixture
{
    [Test]
    public void A_post_is_answered_and_delivered_when_it_is_on_disk_and_not_before()
    {
        Store.IsSlow = true;
        FakePeer owner = Own();
        FakePeer sender = Broker.Connect();
        uint post = Post(sender, "Do", "argument");

        Assert.That(sender.Hear(), Is.Empty);
        Assert.That(Read(owner), Is.Empty);
        Store.Finish();
        Assert.That(sender.Hear(), Is.EqualTo([$"return {post}(1)"]));
        Assert.That(Read(owner), Is.EqualTo(["Do(argument)"]));
    }

    [Test]
    public void It_leaves_the_journal_when_the_answer_to_the_ping_behind_it_is_back()
    {
        Post(Broker.Connect(), "Do");
        FakePeer owner = Own();
        List<Peers.Raw.PeerMessage> heard = owner.ReceiveAll();
        Assert.That(heard.FindIndex(IsPing), Is.GreaterThan(heard.FindIndex(message => message.Member == "Do")));
        Assert.That(Store.Image().Messages.Count(), Is.EqualTo(1));

        owner.Send(new MessageFields
        {
            Type = MessageType.Error,
            ErrorName = "org.freedesktop.DBus.Error.UnknownMethod",
            Destination = "org.freedesktop.DBus",
            ReplySerial = heard.Find(IsPing)!.Serial,
        });
        Assert.That(Store.Image().Messages, Is.Empty);
        Assert.That(Broker.Bus.Counters.JournalDelivered, Is.EqualTo(1));
        Restart();
        Assert.That(Consume(Own()), Is.Empty);
    }

    [Test]
    public void One_ping_goes_behind_many_messages()
    {
        FakePeer sender = Broker.Connect();
        for (int i = 0; i < 10; i++)
        {
            Post(sender, "Do");
        }

        List<Peers.Raw.PeerMessage> heard = Own().ReceiveAll();
        Assert.That(heard.Count(message => message.Member == "Do"), Is.EqualTo(10));
        Assert.That(heard.Count(IsPing), Is.EqualTo(1));
    }

    [Test]
    public void The_answer_of_another_peer_confirms_nothing()
    {
        Post(Broker.Connect(), "Do");
        FakePeer owner = Own();
        uint ping = owner.ReceiveAll().Single(IsPing).Serial;
        Broker.Connect().Send(new MessageFields { Type = MessageType.MethodReturn, Destination = "org.freedesktop.DBus", ReplySerial = ping });

        Assert.That(Store.Image().Messages.Count(), Is.EqualTo(1));
    }

    [Test]
    public void After_the_broker_was_killed_it_is_delivered_in_order_and_from_whom_it_came()
    {
        FakePeer sender = Broker.Connect();
        string name = sender.UniqueName;
        Post(sender, "First");
        sender.EmitTo(Name, "Second", "argument");
        sender.Send(OneWay("Third"));
        Restart();

        FakePeer owner = Own();
        List<Peers.Raw.PeerMessage> heard = [.. Others(owner.ReceiveAll())];
        Assert.That(heard.ConvertAll(message => message.Member), Is.EqualTo(["First", "Second", "Third"]));
        Assert.That(heard.ConvertAll(message => message.Sender), Is.All.EqualTo(name));
    }

    [Test]
    public void A_name_that_is_declared_no_more_gets_what_was_accepted_for_it()
    {
        Post(Broker.Connect(), "Do");
        Restart(isDeclared: false);

        Assert.That(Read(Own()), Is.EqualTo(["Do()"]));
    }

    [Test]
    public void Numbers_are_never_used_again()
    {
        Post(Broker.Connect(), "Do");
        Consume(Own());
        Restart();
        Consume(Own());
        Restart();

        FakePeer sender = Broker.Connect();
        uint post = Post(sender, "Do");
        Assert.That(sender.Hear(), Is.EqualTo([$"return {post}(2)"]));
    }

    [Test]
    public void Nothing_overtakes_a_message_that_is_not_on_disk_yet()
    {
        FakePeer owner = Own();
        Store.IsSlow = true;
        FakePeer sender = Broker.Connect();
        sender.EmitTo(Name, "Signal");
        sender.CallPeer(Name, "Call");

        Assert.That(Read(owner), Is.Empty);
        Store.Finish();
        Assert.That(Read(owner), Is.EqualTo(["Signal()", "Call()"]));
    }

    [Test]
    public void A_call_goes_straight_to_the_owner_when_nothing_is_before_it()
    {
        FakePeer owner = Own();
        Post(Broker.Connect(), "Do");
        Store.IsSlow = true;
        Broker.Connect().CallPeer(Name, "Call");

        Assert.That(Read(owner), Is.EqualTo(["Do()", "Call()"]), "it waits neither for the disk nor for the ping");
    }

    [Test]
    public void Who_comes_while_a_batch_is_written_shares_the_next_sync()
    {
        Store.IsSlow = true;
        FakePeer sender = Broker.Connect();
        for (int i = 0; i < 50; i++)
        {
            Post(sender, "Do");
        }

        Store.Finish();
        Store.Finish();
        Assert.That(sender.Hear(), Has.Count.EqualTo(50));
        Assert.That(Store.Syncs, Is.EqualTo(2));
    }

    [Test]
    public void An_owner_that_dies_before_it_has_them_leaves_them_to_the_next_one()
    {
        FakePeer sender = Broker.Connect();
        Post(sender, "First");
        Post(sender, "Second");

        Assert.That(Die(), Is.EqualTo(["First()", "Second()"]));
        Assert.That(Consume(Own()), Is.EqualTo(["First()", "Second()"]));
        Assert.That(Store.Image().Messages, Is.Empty);
    }

    [Test]
    public void The_message_that_kills_its_receivers_is_set_aside_and_no_other()
    {
        FakePeer sender = Broker.Connect();
        Post(sender, "Poison");
        Post(sender, "Good");
        Assert.That(Die(), Is.EqualTo(["Poison()", "Good()"]));
        for (int i = 1; i < 5; i++)
        {
            Assert.That(Die(), Is.EqualTo(["Poison()"]), "a message that was delivered before goes alone");
        }

        Assert.That(Consume(Own()), Is.EqualTo(["Good()"]));
        Assert.That(Buffer.SetAside.Count, Is.EqualTo(1));
        Assert.That(Store.Image().Messages.Single().Message.IsSetAside, Is.True);
        Assert.That(Broker.Bus.Counters.JournalSetAside, Is.EqualTo(1));
    }

    [Test]
    public void Deliveries_are_counted_over_the_lives_of_the_broker()
    {
        Begin(declaration => declaration with { MaxDeliveries = 2 });
        Post(Broker.Connect(), "Poison");
        Die();
        Restart();
        Assert.That(Die(), Is.EqualTo(["Poison()"]));
        Restart();

        Assert.That(Consume(Own()), Is.Empty);
        Assert.That(Buffer.SetAside.Count, Is.EqualTo(1));
    }

    [Test]
    public void What_is_set_aside_goes_when_an_operator_purges_it()
    {
        Begin(declaration => declaration with { MaxDeliveries = 1 });
        Post(Broker.Connect(), "Poison");
        Die();
        FakePeer peer = Broker.Connect();
        uint purge = peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "PurgeSetAside", Name);

        Assert.That(peer.Hear(), Is.EqualTo([$"return {purge}(1)"]));
        Assert.That(Store.Image().Messages, Is.Empty);
    }

    [TestCase("PurgeSetAside", 1)]
    [TestCase("PurgeBuffer", 5)]
    public void A_purge_is_answered_when_it_is_on_disk(string method, int maxDeliveries)
    {
        Begin(declaration => declaration with { MaxDeliveries = maxDeliveries });
        Post(Broker.Connect(), "Poison");
        Die();
        FakePeer peer = Broker.Connect();
        Store.IsSlow = true;
        uint purge = peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", method, Name);
        Assert.That(peer.Hear(), Is.Empty);

        while (Broker.Bus.Journal.IsBusy)
        {
            Store.Finish();
        }

        Assert.That(peer.Hear(), Is.EqualTo([$"return {purge}(1)"]));
        Restart();
        Assert.That(Broker.Bus.Journal.Count, Is.Zero);
    }

    [Test]
    public void A_purge_that_cannot_be_noted_says_so()
    {
        Post(Broker.Connect(), "Do");
        Store.Failure = "No space left on device";
        FakePeer peer = Broker.Connect();
        uint purge = peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "PurgeBuffer", Name);

        Assert.That(peer.ReceiveReply(purge).FirstString, Does.Contain("1 messages dropped").And.Contain("No space left"));
    }

    [Test]
    public void What_is_set_aside_is_tried_again_in_order_and_first_when_an_operator_wants_that()
    {
        Begin(declaration => declaration with { MaxDeliveries = 2 });
        FakePeer sender = Broker.Connect();
        Post(sender, "First");
        Post(sender, "Second");
        Die();
        Die();
        Die();
        Assert.That(Buffer.SetAside.Count, Is.EqualTo(2));
        Post(sender, "Third");
        FakePeer peer = Broker.Connect();
        uint retry = peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "RetrySetAside", Name);
        Assert.That(peer.Hear(), Is.EqualTo([$"return {retry}(2)"]));
        Assert.That(Store.Image().Messages.Select(entry => (entry.Message.IsSetAside, entry.Message.Deliveries)), Is.All.EqualTo((false, 0u)));
        Restart();

        Assert.That(Die(), Is.EqualTo(["First()", "Second()", "Third()"]), "with as many attempts as at first");
        Assert.That(Consume(Own()), Is.EqualTo(["First()", "Second()", "Third()"]));
        Assert.That(Store.Image().Messages, Is.Empty);
    }

    [Test]
    public void It_goes_to_the_owner_that_there_is_behind_what_that_has_been_given()
    {
        Begin(declaration => declaration with { MaxDeliveries = 1 });
        FakePeer sender = Broker.Connect();
        Post(sender, "Poison");
        Die();
        FakePeer owner = Own();
        Post(sender, "Given");
        FakePeer peer = Broker.Connect();
        peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "RetrySetAside", Name);
        Post(sender, "Later");

        Assert.That(Consume(owner), Is.EqualTo(["Given()", "Poison()", "Later()"]));
        Assert.That(Store.Image().Messages, Is.Empty);
    }

    [Test]
    public void A_delivery_of_which_no_byte_was_written_does_not_count()
    {
        Begin(declaration => declaration with { MaxDeliveries = 1 });
        FakePeer owner = Broker.Connect(socketBuffer: 700);
        owner.RequestName(Name);
        FakePeer sender = Broker.Connect();
        sender.EmitTo(owner.UniqueName, "Fill", new string('a', 2000));
        Post(sender, "Do");
        sender.CallPeer(Name, "Call");
        Post(sender, "Again");
        owner.Close();

        Assert.That(Read(Own()), Is.EqualTo(["Do()", "Call()", "Again()"]), "and all keep their order");
    }

    [Test]
    public void A_new_owner_gets_what_the_living_former_one_has_not_confirmed()
    {
        FakePeer former = Own();
        Post(Broker.Connect(), "Do");
        former.Call("ReleaseName", Name);
        FakePeer next = Own();
        Post(Broker.Connect(), "Then");

        Assert.That(Consume(next), Is.EqualTo(["Do()", "Then()"]));
        Assert.That(Store.Image().Messages, Is.Empty);
        Assert.That(Broker.Bus.Counters.JournalRedelivered, Is.Zero);
    }

    [Test]
    public void An_owner_is_given_only_so_much_before_it_confirms()
    {
        Begin(limits: limits => limits, change: declaration => declaration with { MaxMessages = 10_000, MaxBytes = 64 << 20 });
        FakePeer sender = Broker.Connect();
        for (int i = 0; i < 300; i++)
        {
            Post(sender, "Do");
        }

        FakePeer owner = Own();
        Assert.That(Read(owner), Has.Count.EqualTo(256));
    }

    [Test]
    public void A_purge_empties_the_journal_and_tells_who_waits_for_the_disk()
    {
        FakePeer sender = Broker.Connect();
        Post(sender, "First");
        sender.Hear();
        Store.IsSlow = true;
        uint second = Post(sender, "Second");
        Broker.Connect().CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "PurgeBuffer", Name);

        Assert.That(sender.Hear(), Is.EqualTo([$"error {second} Failed"]));
        Store.Finish();
        Store.Finish();
        Assert.That(Store.Image().Messages, Is.Empty);
    }

    [Test]
    public void One_message_that_stays_does_not_keep_the_disk_from_being_freed()
    {
        Begin(declaration => declaration with { MaxDeliveries = 1, MaxBytes = 1 << 30 });
        Store.SegmentBytes = 1 << 20;
        FakePeer sender = Broker.Connect();
        Post(sender, "Poison");
        Die();
        FakePeer owner = Own();
        string body = new('a', 200_000);
        for (int i = 0; i < 100; i++)
        {
            Post(sender, "Do", body);
            Consume(owner);
        }

        Assert.That(Store.SegmentCount, Is.LessThan(12), "twice what waits, and 8 MiB");
        Restart();
        Assert.That(Buffer.SetAside.Count, Is.EqualTo(1));
    }

    [TestCase("org.example.Other", "InvalidArgs")]
    [TestCase(":1.0", "InvalidArgs")]
    public void Only_to_durable_names_can_be_posted(string name, string error)
    {
        FakePeer sender = Broker.Connect();
        uint post = Post(sender, "Do", name: name);

        Assert.That(sender.Hear(), Is.EqualTo([$"error {post} {error}"]));
    }

    [Test]
    public void Without_answering_pings_the_owner_keeps_nothing_from_being_given_up_at_the_end()
    {
        Post(Broker.Connect(), "Do");
        Read(Own());

        JournalBatch rest = Broker.Bus.Journal.TakeRest();
        Assert.That(rest.IsEmpty, Is.True);
    }
}
