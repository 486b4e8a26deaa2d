using XcpBroker.Auth.Policy;
using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config.Services;
using XcpBroker.Metrics;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>Signals that are for all, and wait for a name that has subscribed to them.</summary>
internal sealed class SubscriptionTests : BufferFixture
{
    public SubscriptionTests() => Begin("interface='org.example.Interface',member='A'; member='B';sender='org.example.Sender',member='C'");

    [Test]
    public void They_wait_in_their_place_among_the_calls_and_others_do_not()
    {
        FakePeer peer = Broker.Connect();
        peer.Emit("A", "1");
        uint call = peer.CallPeer(Name, "Do");
        peer.Emit("Other");
        peer.Emit("B");
        peer.Emit("A", "2");

        Assert.That(Own(out _), Is.EqualTo(["A(1)", $"call {call} Do()", "B()", "A(2)"]));
        Assert.That(Broker.Bus.Counters.BufferDelivered, Is.EqualTo(4));
    }

    [Test]
    public void They_wait_only_while_nobody_owns_the_name()
    {
        FakePeer peer = Broker.Connect();
        Own(out FakePeer owner);
        peer.Emit("A", "there");
        Assert.That(owner.Hear(), Is.Empty, "who is there has match rules of its own");
        owner.Close();
        peer.Emit("A", "away");
        Assert.That(Own(out FakePeer next), Is.EqualTo(["A(away)"]));
        next.AskWell("ReleaseName", Name);
        peer.Emit("A", "away again");

        Assert.That(Own(out _), Is.EqualTo(["A(away again)"]));
    }

    [Test]
    public void One_that_several_rules_match_waits_once()
    {
        Begin("member='A';interface='org.example.Interface'");
        Broker.Connect().Emit("A");

        Assert.That(Own(out _), Is.EqualTo(["A()"]));
    }

    [Test]
    public void A_sender_is_who_owns_the_name_when_it_sends()
    {
        FakePeer peer = Broker.Connect();
        peer.Emit("C", "before");
        peer.RequestName("org.example.Sender");
        peer.Emit("C", "after");
        peer.Close();

        Assert.That(Own(out _), Is.EqualTo(["C(after)"]));
    }

    [Test]
    public void Signals_of_the_bus_itself_do_not_wait()
    {
        Begin("member='NameOwnerChanged'");
        Broker.Connect();

        Assert.That(Broker.Bus.BufferTable.Totals.Count, Is.Zero);
    }

    [Test]
    public void What_the_policy_denies_at_delivery_is_counted_and_its_sender_is_not_told()
    {
        FakePeer peer = Broker.Connect();
        peer.Emit("A");
        peer.Emit("B");
        Broker.Bus.Gate.Apply(Deny("receive_member='A' receive_interface='org.example.Interface'"), Broker.Bus.Connections);

        Assert.That(Own(out _), Is.EqualTo(["B()"]));
        Assert.That(peer.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Counters.MessagesDenied, Is.EqualTo(1));
    }

    [Test]
    public void What_the_sender_may_not_send_does_not_begin_to_wait()
    {
        Begin("member='A'", policy: Deny("send_member='A' send_interface='org.example.Interface'"));
        FakePeer peer = Broker.Connect();
        peer.Emit("A");

        Assert.That(Broker.Bus.BufferTable.Totals.Count, Is.Zero);
        Assert.That(peer.Hear(), Is.Empty);
    }

    [Test]
    public void What_there_is_no_room_for_is_dropped_counted_and_logged()
    {
        Begin("member='A'", declaration => declaration with { MaxMessages = 2 });
        FakePeer peer = Broker.Connect();
        peer.Emit("A", "1");
        peer.Emit("A", "2");
        peer.Emit("A", "3");

        Assert.That(peer.Hear(), Is.Empty);
        Assert.That(Own(out _), Is.EqualTo(["A(1)"]));
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.BufferFull), Is.EqualTo(4), "for two names");
        Assert.That(Broker.Bus.Counters.BufferRefused, Is.EqualTo(4));
        Assert.That(Broker.Log.Lines.Count(line => line.Text.Contains($"{Name} is full for")), Is.EqualTo(1));
    }

    [Test]
    public void The_oldest_one_of_the_sender_goes_if_that_is_declared_and_others_stay()
    {
        Begin("member='A'", declaration => declaration with { MaxMessages = 8, DropsOldest = true });
        FakePeer modest = Broker.Connect();
        FakePeer peer = Broker.Connect();
        modest.Emit("A", "modest");
        foreach (string number in new[] { "1", "2", "3", "4" })
        {
            peer.Emit("A", number);
        }

        Assert.That(Own(out _), Is.EqualTo(["A(modest)", "A(3)", "A(4)"]));
    }

    [Test]
    public void They_live_as_long_as_other_signals()
    {
        Broker.Connect().Emit("B");
        Broker.Pass(TimeSpan.FromHours(1));

        Assert.That(Own(out _), Is.Empty);
        Assert.That(Broker.Bus.Counters.BufferExpired, Is.EqualTo(2), "of two names");
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.BufferExpired), Is.EqualTo(2));
    }

    [Test]
    public void They_start_a_service_that_can_be_started()
    {
        Broker.Connect().Emit("A");

        Assert.That(Starter.Processes.Single().Command.Name, Is.EqualTo(Started));
        Assert.That(Own(out _, Started), Is.EqualTo(["A()"]));
    }

    [Test]
    public void What_a_dead_owner_had_not_been_sent_waits_again()
    {
        FakePeer peer = Broker.Connect();
        peer.CallPeer(Name, "Fill", new string('a', 3000));
        peer.Emit("A");
        FakePeer owner = Broker.Connect(socketBuffer: 1000);
        owner.Call("RequestName", Name, 0);
        owner.Close();

        Assert.That(Own(out _), Is.EqualTo(["A()"]));
    }

    [Test]
    public void A_reload_changes_them()
    {
        FakePeer peer = Broker.Connect();
        Broker.Bus.Absent.Apply(Catalog("member='New'"), []);
        peer.Emit("A");
        peer.Emit("New");
        Assert.That(Own(out FakePeer owner), Is.EqualTo(["New()"]));
        Broker.Bus.Absent.Apply(Catalog("member='A'"), []);
        peer.Emit("A", "there");
        owner.Close();
        peer.Emit("A", "away");
        Assert.That(Own(out FakePeer next), Is.EqualTo(["A(away)"]));
        next.Close();

        Broker.Bus.Absent.Apply(ServiceCatalog.Empty, []);
        peer.Emit("A");
        Assert.That(Broker.Bus.BufferTable.All, Is.Empty);
    }

    [Test]
    public void Of_a_durable_name_they_are_in_memory_only_and_go_before_what_waits()
    {
        Begin("member='A'", declaration => declaration with { IsDurable = true });
        FakePeer peer = Broker.Connect();
        peer.EmitTo(Name, "Addressed");
        peer.Emit("A");

        Assert.That(Own(out _), Is.EqualTo(["A()", "Addressed()"]));
        Assert.That(Broker.Bus.Counters.JournalRefused, Is.EqualTo(1), "there is no journal, which the other one was for");
    }

    private static PolicySet Deny(string rule) => PolicyFixture.Read($"{PolicyFixture.Open}<policy context='mandatory'><deny {rule}/></policy>");

    private static ServiceCatalog Catalog(string subscriptions) =>
        ServiceCatalog.Of(Describe(Name) with { Buffer = new BufferDeclaration { Subscriptions = SeenOnceTests.Subscribe(subscriptions) } });

    private void Begin(string subscriptions, Func<BufferDeclaration, BufferDeclaration>? change = null, PolicySet? policy = null) =>
        Begin(declaration => (change is null ? declaration : change(declaration)) with { Subscriptions = SeenOnceTests.Subscribe(subscriptions) }, policy: policy);
}
