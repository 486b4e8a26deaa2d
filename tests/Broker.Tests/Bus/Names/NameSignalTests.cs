using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Names;

/// <summary>The order of what is heard when a name changes hands: as measured on dbus-daemon and dbus-broker.</summary>
internal sealed class NameSignalTests : BusFixture
{
    private const string Name = "org.example.Name";
    private const uint AllowReplacement = 1;
    private const uint ReplaceExisting = 2;
    private const uint DoNotQueue = 4;

    [Test]
    public void A_free_name_is_announced_then_given_then_answered()
    {
        FakePeer owner = Watching();
        uint serial = owner.Call("RequestName", Name, 0u);

        Assert.That(owner.Hear(), Is.EqualTo([$"NameOwnerChanged({Name},,:1.0)", $"NameAcquired({Name})", $"return {serial}(1)"]));
    }

    [Test]
    public void The_signals_come_from_the_bus_and_the_personal_ones_are_addressed()
    {
        FakePeer owner = Watching();
        owner.Call("RequestName", Name, 0u);

        Assert.That(
            owner.ReceiveAll().Select(message => (message.Sender, message.Destination, message.Path, message.Interface)),
            Is.EqualTo(new[]
            {
                ("org.freedesktop.DBus", null, "/org/freedesktop/DBus", "org.freedesktop.DBus"),
                ("org.freedesktop.DBus", ":1.0", "/org/freedesktop/DBus", "org.freedesktop.DBus"),
                ("org.freedesktop.DBus", ":1.0", (string?)null, (string?)null),
            }));
    }

    [Test]
    public void A_replaced_owner_hears_of_its_loss_before_the_change()
    {
        FakePeer old = Watching();
        FakePeer next = Watching();
        old.RequestName(Name, AllowReplacement);
        next.Hear();
        uint serial = next.Call("RequestName", Name, ReplaceExisting);

        Assert.That(old.Hear(), Is.EqualTo([$"NameLost({Name})", $"NameOwnerChanged({Name},:1.0,:1.1)"]));
        Assert.That(next.Hear(), Is.EqualTo([$"NameOwnerChanged({Name},:1.0,:1.1)", $"NameAcquired({Name})", $"return {serial}(1)"]));
    }

    [Test]
    public void A_released_name_goes_to_who_waits_first()
    {
        FakePeer owner = Watching();
        FakePeer second = Broker.Connect();
        FakePeer third = Broker.Connect();
        owner.RequestName(Name);
        Assert.That((second.RequestName(Name), third.RequestName(Name)), Is.EqualTo((2u, 2u)));
        uint serial = owner.Call("ReleaseName", Name);

        Assert.That(owner.Hear(), Is.EqualTo([$"NameLost({Name})", $"NameOwnerChanged({Name},:1.0,:1.1)", $"return {serial}(1)"]));
        Assert.That(second.Hear(), Is.EqualTo([$"NameAcquired({Name})"]));
        Assert.That(third.Hear(), Is.Empty);
    }

    [Test]
    public void The_last_release_leaves_nobody()
    {
        FakePeer owner = Watching();
        owner.RequestName(Name);
        uint serial = owner.Call("ReleaseName", Name);

        Assert.That(owner.Hear(), Is.EqualTo([$"NameLost({Name})", $"NameOwnerChanged({Name},:1.0,)", $"return {serial}(1)"]));
    }

    [Test]
    public void Joining_and_leaving_the_queue_is_silent()
    {
        FakePeer owner = Watching();
        FakePeer waiting = Watching();
        owner.RequestName(Name);
        waiting.Hear();
        uint join = waiting.Call("RequestName", Name, 0u);
        uint leave = waiting.Call("ReleaseName", Name);

        Assert.That(waiting.Hear(), Is.EqualTo([$"return {join}(2)", $"return {leave}(1)"]));
        Assert.That(owner.Hear(), Is.Empty);
    }

    [TestCase(0u, 0u, 2u, ":1.0", TestName = "Who asks for a name in use waits")]
    [TestCase(0u, DoNotQueue, 3u, ":1.0", TestName = "Who will not wait is told that the name exists")]
    [TestCase(0u, ReplaceExisting, 2u, ":1.0", TestName = "Replacing needs the owner's leave")]
    [TestCase(AllowReplacement, 0u, 2u, ":1.0", TestName = "Leave to replace is not used unasked")]
    [TestCase(AllowReplacement, ReplaceExisting, 1u, ":1.1", TestName = "With leave the owner is replaced")]
    [TestCase(AllowReplacement, 0xfffffff8u, 2u, ":1.0", TestName = "Unknown flags are ignored")]
    public void The_second_to_ask_is_told(uint first, uint second, uint reply, string owner)
    {
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        one.RequestName(Name, first);

        Assert.That(two.RequestName(Name, second), Is.EqualTo(reply));
        Assert.That(two.AskWell("GetNameOwner", Name).FirstString, Is.EqualTo(owner));
    }

    [Test]
    public void Asking_again_updates_the_flags()
    {
        FakePeer owner = Broker.Connect();
        FakePeer other = Broker.Connect();
        owner.RequestName(Name);
        Assert.That(owner.RequestName(Name, AllowReplacement | DoNotQueue), Is.EqualTo(4));
        Assert.That(other.RequestName(Name, ReplaceExisting), Is.EqualTo(1));

        Assert.That(other.AskWell("ListQueuedOwners", Name).Strings(), Is.EqualTo([":1.1"]), "the old owner did not want to wait");
    }

    [Test]
    public void A_replaced_owner_waits_in_the_second_place()
    {
        FakePeer owner = Broker.Connect();
        FakePeer waiting = Broker.Connect();
        FakePeer next = Broker.Connect();
        owner.RequestName(Name, AllowReplacement);
        waiting.RequestName(Name);
        next.RequestName(Name, ReplaceExisting);

        Assert.That(next.AskWell("ListQueuedOwners", Name).Strings(), Is.EqualTo([":1.2", ":1.0", ":1.1"]));
    }

    [Test]
    public void A_change_is_heard_in_the_same_order_with_broadcasts_around_it()
    {
        FakePeer listener = Watching();
        listener.AddMatch("interface='org.example.Interface'");
        FakePeer sender = Broker.Connect();
        listener.Hear();
        sender.Emit("Before");
        sender.RequestName(Name);
        sender.Emit("Between");
        sender.AskWell("ReleaseName", Name);
        sender.Emit("After");

        Assert.That(
            listener.Hear(),
            Is.EqualTo(["Before()", $"NameOwnerChanged({Name},,:1.1)", "Between()", $"NameOwnerChanged({Name},:1.1,)", "After()"]));
    }

    private FakePeer Watching()
    {
        FakePeer peer = Broker.Connect();
        peer.AddMatch(NameChanges);
        return peer;
    }
}
