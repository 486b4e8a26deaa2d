using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>GetStats counts what became of all that waited.</summary>
internal sealed class HeldStatisticsTests : DurableFixture
{
    [Test]
    public void Held_delivered_refused_and_expired_and_what_waits_now()
    {
        Begin(declaration => declaration with { MaxMessages = 2 });
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Name, "Expires");
        caller.CallPeer(Name, "Refused");
        Broker.Pass(TimeSpan.FromSeconds(20));
        caller.CallPeer(Name, "Delivered");
        Own().Close();
        caller.CallPeer(Name, "Waits");

        AssertCounts(("BufferHeld", 3), ("BufferDelivered", 1), ("BufferRefused", 1), ("BufferExpired", 1), ("BufferMessages", 1), ("BufferBytes", Buffer.Waiting.Bytes));
    }

    [Test]
    public void Accepted_delivered_redelivered_and_set_aside_durable_messages_and_what_the_journal_has_now()
    {
        Begin(declaration => declaration with { MaxDeliveries = 2 });
        FakePeer sender = Broker.Connect();
        Post(sender, "Delivered");
        FakePeer owner = Own();
        Consume(owner);
        owner.Close();
        Post(sender, "Poison");
        Die();
        Die();

        AssertCounts(("JournalAccepted", 2), ("JournalDelivered", 1), ("JournalRedelivered", 1), ("JournalSetAside", 1), ("JournalMessages", 1), ("BufferMessages", 0));
        Restart();
        AssertCounts(("JournalResumed", 1), ("JournalMessages", 1));
    }

    private void AssertCounts(params (string Name, long Count)[] expected)
    {
        FakePeer asking = Broker.Connect();
        uint call = asking.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats", "GetStats");
        Assert.That(
            asking.ReceiveReply(call).Dictionary(),
            Is.SupersetOf(expected.ToDictionary(count => $"org.xen.xcp.Broker.{count.Name}", count => count.Count.ToString(System.Globalization.CultureInfo.InvariantCulture))));
    }
}
