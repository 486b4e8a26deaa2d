using XcpBroker.Names;
using static XcpBroker.Names.RequestNameFlags;
using static XcpBroker.Names.RequestNameReply;

namespace XcpBroker.Broker.Tests.Names;

/// <summary>Tables from the specification, "org.freedesktop.DBus.RequestName"; dbus-daemon 1.14.10 answers the same but where a row says so.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RequestNameTests
{
    private const string Name = "org.xen.xcp.xapi";

    private readonly NameRegistry<string> _names = new();

    [Test]
    public void The_first_requester_owns_a_name_whatever_its_flags([Range(0, 7)] int flags)
    {
        (RequestNameReply reply, NameOwnerChange<string>? change) = _names.Request(Name, "a", (RequestNameFlags)flags);

        Assert.That(reply, Is.EqualTo(PrimaryOwner));
        Assert.That(change, Is.EqualTo(new NameOwnerChange<string>(Name, null, "a")));
        Assert.That(Queue(), Is.EqualTo("a"));
    }

    // What a asked with, what b asks with, what b is told, the queue afterwards.
    [TestCase(None, None, InQueue, "ab")]
    [TestCase(None, AllowReplacement, InQueue, "ab")]
    [TestCase(None, ReplaceExisting, InQueue, "ab")]
    [TestCase(None, ReplaceExisting | AllowReplacement, InQueue, "ab")]
    [TestCase(None, DoNotQueue, Exists, "a")]
    [TestCase(None, DoNotQueue | ReplaceExisting, Exists, "a")]
    [TestCase(AllowReplacement, None, InQueue, "ab")]
    [TestCase(AllowReplacement, ReplaceExisting, PrimaryOwner, "ba")]
    [TestCase(AllowReplacement, DoNotQueue, Exists, "a")]
    [TestCase(AllowReplacement, DoNotQueue | ReplaceExisting, PrimaryOwner, "ba")]
    [TestCase(ReplaceExisting, ReplaceExisting, InQueue, "ab")]
    [TestCase(DoNotQueue, None, InQueue, "ab")]
    [TestCase(DoNotQueue, ReplaceExisting, InQueue, "ab")]
    [TestCase(DoNotQueue | AllowReplacement, None, InQueue, "ab")]
    [TestCase(DoNotQueue | AllowReplacement, ReplaceExisting, PrimaryOwner, "b")]
    [TestCase(DoNotQueue | AllowReplacement, DoNotQueue, Exists, "a")]
    [TestCase(DoNotQueue | AllowReplacement, DoNotQueue | ReplaceExisting, PrimaryOwner, "b")]
    public void A_second_requester_gets(RequestNameFlags first, RequestNameFlags second, RequestNameReply reply, string queue)
    {
        _names.Request(Name, "a", first);

        (RequestNameReply given, NameOwnerChange<string>? change) = _names.Request(Name, "b", second);

        Assert.That(given, Is.EqualTo(reply));
        Assert.That(Queue(), Is.EqualTo(queue));
        Assert.That(change, Is.EqualTo(reply == PrimaryOwner ? new NameOwnerChange<string>(Name, "a", "b") : null));
    }

    // What the owner a asked with, what the waiter b (behind c) asks with, what it is told, the queue (it was acb) afterwards.
    [TestCase(None, None, InQueue, "acb")]
    [TestCase(None, ReplaceExisting, InQueue, "acb", Description = "dbus-daemon: abc, the specification only updates the flags")]
    [TestCase(None, DoNotQueue, Exists, "ac")]
    [TestCase(None, DoNotQueue | ReplaceExisting, Exists, "ac")]
    [TestCase(AllowReplacement, None, InQueue, "acb")]
    [TestCase(AllowReplacement, ReplaceExisting, PrimaryOwner, "bac")]
    [TestCase(AllowReplacement, DoNotQueue, Exists, "ac")]
    [TestCase(AllowReplacement, DoNotQueue | ReplaceExisting, PrimaryOwner, "bac")]
    [TestCase(AllowReplacement | DoNotQueue, ReplaceExisting, PrimaryOwner, "bc")]
    public void A_waiter_that_asks_again_gets(RequestNameFlags owner, RequestNameFlags again, RequestNameReply reply, string queue)
    {
        _names.Request(Name, "a", owner);
        _names.Request(Name, "c", None);
        _names.Request(Name, "b", None);

        Assert.That(_names.Request(Name, "b", again).Reply, Is.EqualTo(reply));
        Assert.That(Queue(), Is.EqualTo(queue));
    }

    [Test]
    public void A_new_requester_that_cannot_replace_is_appended_to_the_queue()
    {
        _names.Request(Name, "a", None);
        _names.Request(Name, "c", None);

        // dbus-daemon puts it second.
        Assert.That(_names.Request(Name, "b", ReplaceExisting).Reply, Is.EqualTo(InQueue));
        Assert.That(Queue(), Is.EqualTo("acb"));
    }

    [Test]
    public void The_owner_is_told_so_and_nothing_changes([Range(0, 7)] int flags)
    {
        _names.Request(Name, "a", None);
        ulong generation = _names.Generation;

        Assert.That(_names.Request(Name, "a", (RequestNameFlags)flags), Is.EqualTo((AlreadyOwner, (NameOwnerChange<string>?)null)));
        Assert.That(_names.Generation, Is.EqualTo(generation));
        Assert.That(_names.CountOf("a"), Is.EqualTo(1));
    }

    [Test]
    public void The_owner_that_asks_again_takes_back_its_permission_to_replace_it()
    {
        _names.Request(Name, "a", AllowReplacement);
        _names.Request(Name, "a", None);

        Assert.That(_names.Request(Name, "b", ReplaceExisting).Reply, Is.EqualTo(InQueue));
    }

    [Test]
    public void The_owner_that_asks_again_gives_permission_to_replace_it_and_will_not_queue()
    {
        _names.Request(Name, "a", None);
        _names.Request(Name, "a", AllowReplacement | DoNotQueue);

        Assert.That(_names.Request(Name, "b", ReplaceExisting).Reply, Is.EqualTo(PrimaryOwner));
        Assert.That(Queue(), Is.EqualTo("b"));
        Assert.That(_names.CountOf("a"), Is.Zero);
    }

    [Test]
    public void A_waiters_latest_flags_count_when_it_becomes_the_owner()
    {
        _names.Request(Name, "a", None);
        _names.Request(Name, "b", None);
        _names.Request(Name, "b", AllowReplacement);
        _names.Release("org.xen.xcp.xapi"u8, "a");

        Assert.That(_names.Request(Name, "c", ReplaceExisting).Reply, Is.EqualTo(PrimaryOwner));
        Assert.That(Queue(), Is.EqualTo("cb"));
    }

    [Test]
    public void A_replaced_owner_keeps_its_flags_in_the_queue()
    {
        _names.Request(Name, "a", AllowReplacement);
        _names.Request(Name, "b", ReplaceExisting);
        _names.Release("org.xen.xcp.xapi"u8, "b");

        Assert.That(_names.Request(Name, "c", ReplaceExisting).Reply, Is.EqualTo(PrimaryOwner));
        Assert.That(Queue(), Is.EqualTo("ca"));
    }

    [Test]
    public void Replace_existing_is_not_remembered_for_a_waiter()
    {
        _names.Request(Name, "a", None);
        _names.Request(Name, "b", AllowReplacement);
        _names.Request(Name, "c", ReplaceExisting);
        _names.Release("org.xen.xcp.xapi"u8, "a");

        Assert.That(Queue(), Is.EqualTo("bc"));
    }

    [Test]
    public void Unknown_flags_mean_nothing()
    {
        _names.Request(Name, "a", (RequestNameFlags)0xfffffff8);

        Assert.That(_names.Request(Name, "b", (RequestNameFlags)0xfffffff8 | ReplaceExisting).Reply, Is.EqualTo(InQueue));
    }

    private string Queue() => string.Concat(_names.QueuedOwners("org.xen.xcp.xapi"u8));
}
