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
