using XcpBroker.Config.Services;
using XcpBroker.Metrics;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>What becomes of messages to a declared name when its owner dies with them.</summary>
internal sealed class OwnerDeathTests : BufferFixture
{
    /// <summary>Bytes that the owner's socket takes while it does not read: some short messages, and a part of <see cref="Long"/>.</summary>
    private const int SmallBuffer = 700;

    private static readonly string Long = new('a', 2000);

    [Test]
    public void What_was_not_written_waits_again_and_what_was_gets_NoReply()
    {
        Own(out FakePeer owner, socketBuffer: SmallBuffer);
        FakePeer caller = Broker.Connect();
        uint written = caller.CallPeer(Name, "Written");
        uint partly = caller.CallPeer(Name, "Partly", Long);
        uint unwritten = caller.CallPeer(Name, "Unwritten", "argument");
        caller.EmitTo(Name, "Signal");
        owner.Close();

        Assert.That(caller.Hear(), Is.EqualTo([$"error {written} NoReply", $"error {partly} NoReply"]));
        Assert.That(Own(out _), Is.EqualTo([$"call {unwritten} Unwritten(argument)", "Signal()"]));
        Assert.That(Broker.Bus.Counters.BufferReturned, Is.EqualTo(2));
    }

    [Test]
    public void So_it_is_if_the_bus_hears_of_the_death_when_it_writes()
    {
        Own(out FakePeer owner);
        FakePeer caller = Broker.Connect();
        owner.Break();
        uint first = caller.CallPeer(Name, "First", new string('b', 20_000));
        uint second = caller.CallPeer(Name, "Second");
        owner.Close();

        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(Own(out _), Is.EqualTo([$"call {first} First({new string('b', 20_000)})", $"call {second} Second()"]));
    }

    [Test]
    public void What_wants_no_answer_and_was_written_is_counted_since_it_may_be_lost()
    {
        Own(out FakePeer owner, socketBuffer: SmallBuffer);
        FakePeer caller = Broker.Connect();
        caller.EmitTo(Name, "Written");
        caller.Send(OneWay("Partly"), Long);
        caller.EmitTo(Name, "Unwritten");
        caller.CallPeer(Name, "Call");
        caller.EmitTo(owner.UniqueName, "Direct");
        owner.Close();

        Assert.That(Broker.Bus.Counters.BufferPossiblyLost, Is.EqualTo(2));
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.One.Contains($"may not have read 2 messages to {Name}"));
        Assert.That(Own(out _), Has.Count.EqualTo(2));
    }

    [Test]
    public void What_the_owner_has_read_is_not_lost()
    {
        Own(out FakePeer owner);
        FakePeer caller = Broker.Connect();
        caller.EmitTo(Name, "Read");
        caller.EmitTo(Name, "Read");
        _ = owner.Hear();
        Broker.Pass(TimeSpan.FromSeconds(1));
        caller.EmitTo(Name, "Perhaps");
        owner.Close();

        Assert.That(Broker.Bus.Counters.BufferPossiblyLost, Is.EqualTo(1));
    }

    [Test]
    public void What_it_has_left_unread_for_long_may_be_lost_too_but_not_more_than_that()
    {
        Own(out FakePeer owner);
        FakePeer caller = Broker.Connect();
        for (int i = 0; i < 100; i++)
        {
            caller.EmitTo(Name, "Read");
        }

        _ = owner.Hear();
        caller.EmitTo(Name, "Unread");
        Broker.Pass(TimeSpan.FromSeconds(10));
        owner.Close();

        Assert.That(Broker.Bus.Counters.BufferPossiblyLost, Is.InRange(1, 3));
    }

    [Test]
    public void What_has_waited_for_the_owner_is_counted_like_what_came_later()
    {
        FakePeer caller = Broker.Connect();
        caller.EmitTo(Name, "Held");
        FakePeer owner = Broker.Connect();
        owner.Call("RequestName", Name, 0);
        owner.Close();

        Assert.That(Broker.Bus.Counters.BufferPossiblyLost, Is.EqualTo(1));
    }

    [Test]
    public void What_had_not_been_written_and_has_no_sender_any_more_is_lost_and_counted()
    {
        Own(out FakePeer owner, socketBuffer: SmallBuffer);
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Name, "Fill", Long);
        caller.EmitTo(Name, "Lost");
        caller.CallPeer(Name, "Call");
        caller.Close();
        owner.Close();

        Assert.That(Broker.Bus.Counters.Dropped(DropReason.OwnerGone), Is.EqualTo(1));
        Assert.That(Broker.Bus.Counters.BufferPossiblyLost, Is.Zero);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.One.Contains("they are lost"));
    }

    [Test]
    public void A_name_that_is_declared_while_it_is_owned_counts()
    {
        FakePeer owner = Broker.Connect();
        owner.RequestName("org.example.Later");
        Broker.Bus.Absent.Apply(ServiceCatalog.Empty, [new BufferedPrefix("org.example.Later", 1, new BufferDeclaration())]);
        Broker.Connect().EmitTo("org.example.Later", "Signal");
        owner.Close();

        Assert.That(Broker.Bus.Counters.BufferPossiblyLost, Is.EqualTo(1));
    }

    [Test]
    public void The_next_in_the_queue_gets_it_at_once()
    {
        Own(out FakePeer owner, socketBuffer: SmallBuffer);
        FakePeer next = Broker.Connect();
        next.RequestName(Name);
        FakePeer caller = Broker.Connect();
        caller.EmitTo(owner.UniqueName, "Fill", Long);
        uint call = caller.CallPeer(Name, "Do");
        owner.Close();

        Assert.That(next.Hear(), Is.EqualTo([$"NameAcquired({Name})", $"call {call} Do()"]));
        Assert.That(caller.Hear(), Is.Empty);
    }

    [Test]
    public void What_was_addressed_to_the_peer_itself_or_must_start_nothing_does_not_wait()
    {
        Own(out FakePeer owner, socketBuffer: SmallBuffer);
        FakePeer caller = Broker.Connect();
        caller.EmitTo(owner.UniqueName, "Fill", Long);
        uint direct = caller.CallPeer(owner.UniqueName, "Do");
        uint noStart = caller.Send(OneWay("Do", MessageFlags.NoAutoStart));
        owner.Close();

        Assert.That(caller.Hear(), Is.EquivalentTo([$"error {direct} NoReply", $"error {noStart} NoReply"]));
        Assert.That(Broker.Bus.BufferTable.Totals.Count, Is.Zero);
    }

    [Test]
    public void Giving_the_name_up_moves_nothing()
    {
        Own(out FakePeer owner, socketBuffer: SmallBuffer);
        FakePeer caller = Broker.Connect();
        caller.EmitTo(owner.UniqueName, "Fill", Long);
        uint call = caller.CallPeer(Name, "Do");
        owner.Send(new MessageFields
        {
            Type = MessageType.MethodCall,
            Path = "/org/freedesktop/DBus",
            Interface = "org.freedesktop.DBus",
            Member = "ReleaseName",
            Destination = "org.freedesktop.DBus",
        }, Name);
        Assert.That(Own(out _), Is.Empty);
        owner.Close();

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} NoReply"]));
    }

    [Test]
    public void To_be_replaced_moves_nothing()
    {
        const uint AllowReplacement = 1;
        const uint ReplaceExisting = 2;
        FakePeer owner = Broker.Connect(socketBuffer: SmallBuffer);
        owner.Call("RequestName", Name, AllowReplacement);
        owner.Hear();
        FakePeer caller = Broker.Connect();
        caller.EmitTo(owner.UniqueName, "Fill", Long);
        uint call = caller.CallPeer(Name, "Do");
        FakePeer next = Broker.Connect();
        uint request = next.Call("RequestName", Name, ReplaceExisting);
        Assert.That(next.Hear(), Is.EqualTo([$"NameAcquired({Name})", $"return {request}(1)"]));
        owner.Close();

        Assert.That(next.Hear(), Is.Empty);
        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} NoReply"]));
    }

    [Test]
    public void What_an_owner_had_not_been_sent_goes_before_what_it_had_not_even_been_given()
    {
        Begin(declaration => declaration, limits => limits with { MaxOutgoingBytes = 8192 });
        FakePeer caller = Broker.Connect();
        FakePeer owner = Broker.Connect(socketBuffer: SmallBuffer);
        owner.AddMatch("type='signal',member='Fill'");
        FakePeer emitter = Broker.Connect();
        uint first = caller.CallPeer(Name, "First");
        for (int i = 0; i < 20; i++)
        {
            owner.Call("StartServiceByName", Name, 0);
        }

        uint second = caller.CallPeer(Name, "Second");
        for (int i = 0; i < 8; i++)
        {
            emitter.Emit("Fill", Long);
        }

        // It reads nothing: the answers to its own calls, which wait between the two, are more than its reserve.
        owner.Call("RequestName", Name, 0);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Exactly(1).Contains("SlowReader"));

        Assert.That(Own(out _), Is.EqualTo([$"call {first} First()", $"call {second} Second()"]));
        Assert.That(caller.Hear(), Is.Empty);
    }
}
