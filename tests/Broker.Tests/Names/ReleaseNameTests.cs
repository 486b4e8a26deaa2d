using XcpBroker.Names;
using static XcpBroker.Names.RequestNameFlags;

namespace XcpBroker.Broker.Tests.Names;

/// <summary>The specification's "org.freedesktop.DBus.ReleaseName", and what a disconnect does.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ReleaseNameTests
{
    private readonly NameRegistry<string> _names = new();
    private readonly List<NameOwnerChange<string>> _changes = [];

    [Test]
    public void A_name_that_nobody_has_is_non_existent() =>
        Assert.That(_names.Release("a.b"u8, "a"), Is.EqualTo((ReleaseNameReply.NonExistent, (NameOwnerChange<string>?)null)));

    [Test]
    public void A_name_that_another_has_is_not_the_callers_to_release()
    {
        _names.Request("a.b", "a", None);

        Assert.That(_names.Release("a.b"u8, "b"), Is.EqualTo((ReleaseNameReply.NotOwner, (NameOwnerChange<string>?)null)));
        Assert.That(_names.OwnerOf("a.b"), Is.EqualTo("a"));
    }

    [Test]
    public void The_last_owner_leaves_nothing_behind()
    {
        _names.Request("a.b", "a", None);

        (ReleaseNameReply reply, NameOwnerChange<string>? change) = _names.Release("a.b"u8, "a");

        Assert.That(reply, Is.EqualTo(ReleaseNameReply.Released));
        Assert.That(change, Is.EqualTo(new NameOwnerChange<string>("a.b", "a", null)));
        Assert.That(_names.OwnerOf("a.b"u8), Is.Null);
        Assert.That(_names.Names, Is.Empty);
        _names.ReleaseAll("a", _changes);
        Assert.That(_names.IsEmpty);
    }

    [Test]
    public void The_first_in_the_queue_succeeds_the_owner()
    {
        _names.Request("a.b", "a", None);
        _names.Request("a.b", "b", None);
        _names.Request("a.b", "c", None);

        Assert.That(_names.Release("a.b"u8, "a").Change, Is.EqualTo(new NameOwnerChange<string>("a.b", "a", "b")));
        Assert.That(_names.QueuedOwners("a.b"u8), Is.EqualTo((string[])["b", "c"]));
        Assert.That(_names.OwnedNames("b"), Is.EqualTo((string[])["a.b"]));
    }

    [Test]
    public void Leaving_the_queue_is_a_release_without_signals()
    {
        _names.Request("a.b", "a", None);
        _names.Request("a.b", "b", None);

        Assert.That(_names.Release("a.b"u8, "b"), Is.EqualTo((ReleaseNameReply.Released, (NameOwnerChange<string>?)null)));
        Assert.That(_names.QueuedOwners("a.b"u8), Is.EqualTo((string[])["a"]));
        Assert.That(_names.CountOf("b"), Is.Zero);
    }

    [Test]
    public void A_disconnect_gives_names_back_latest_claim_first()
    {
        // a waited for n.one before it owned n.two: dbus-daemon too goes by when the claim was made.
        _names.Request("n.one", "b", None);
        _names.Request("n.one", "a", None);
        _names.Request("n.two", "a", None);
        _names.Release("n.one"u8, "b");
        _names.Request("n.three", "a", None);
        _names.Request("n.three", "b", None);

        _names.ReleaseAll("a", _changes);

        Assert.That(_changes, Is.EqualTo((NameOwnerChange<string>[])
            [new("n.three", "a", "b"), new("n.two", "a", null), new("n.one", "a", null)]));
    }

    [Test]
    public void A_disconnect_leaves_queues_without_signals()
    {
        _names.Request("a.b", "a", None);
        _names.Request("a.b", "b", None);

        _names.ReleaseAll("b", _changes);

        Assert.That(_changes, Is.Empty);
        Assert.That(_names.QueuedOwners("a.b"u8), Is.EqualTo((string[])["a"]));
    }

    [Test]
    public void A_disconnect_of_a_peer_without_names_changes_nothing()
    {
        _names.ReleaseAll("a", _changes);

        Assert.That(_changes, Is.Empty);
        Assert.That(_names.IsEmpty);
    }

    [Test]
    public void Twenty_thousand_waiters_keep_their_order_while_half_of_them_leave()
    {
        _names.Request("a.b", "owner", None);
        string[] waiters = [.. Enumerable.Range(0, 20_000).Select(number => $":1.{number}")];
        foreach (string waiter in waiters)
        {
            _names.Request("a.b", waiter, None);
        }

        for (int index = waiters.Length - 1; index >= 0; index -= 2)
        {
            _names.ReleaseAll(waiters[index], _changes);
        }

        Assert.That(_changes, Is.Empty);
        Assert.That(_names.QueuedOwners("a.b"u8), Is.EqualTo(waiters.Where((_, index) => index % 2 == 0).Prepend("owner")));
    }
}
