using System.Globalization;
using Microsoft.Extensions.Logging;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Limits;

/// <summary>Broadcasts that a full receiver cannot take: lost for it alone, counted, and logged once per episode.</summary>
internal sealed class LostBroadcastTests : BusFixture
{
    private static readonly byte[] Body = new byte[10_000];
    private FakePeer _deaf = null!;
    private FakePeer _sender = null!;

    [SetUp]
    public void A_listener_that_does_not_read()
    {
        Limit(limits => limits with { MaxOutgoingBytes = 100_000 });
        _deaf = Broker.Connect(socketBuffer: 4096);
        _sender = Broker.Connect();
        _deaf.AddMatch("member='S'");
    }

    [Test]
    public void They_are_lost_for_it_alone_counted_and_logged_once()
    {
        FakePeer listener = Broker.Connect();
        listener.AddMatch("member='S'");
        for (int i = 0; i < 100; i++)
        {
            _sender.Emit("S", Body);
            Assert.That(listener.ReceiveAll(), Has.Count.EqualTo(1));
        }

        Assert.That(_sender.Hear(), Is.Empty);
        int lost = Lost();
        Assert.That(lost, Is.InRange(85, 92));
        Assert.That(Broker.Bus.Counters.BroadcastsLost, Is.EqualTo(lost));
        Assert.That(Warnings(), Has.Count.EqualTo(1));
        Assert.That(Warnings()[0], Does.Contain(":1.0").And.Contain("OverBytes"));

        Assert.That(_deaf.ReceiveAll(), Has.Count.EqualTo(100 - lost));
        _sender.Emit("S");
        Assert.That(Warnings(), Has.Count.EqualTo(2));
        Assert.That(Warnings()[1], Does.Contain(":1.0").And.Contain($"{lost} broadcasts"));
        Assert.That(_deaf.ReceiveAll(), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_signal_of_the_bus_in_between_ends_no_episode()
    {
        _deaf.AddMatch(NameChanges);
        for (int i = 0; i < 25; i++)
        {
            _sender.Emit("S", Body);
            _sender.RequestName("org.example.Name");
            _sender.AskWell("ReleaseName", "org.example.Name");
        }

        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(2));
        Assert.That(Warnings(), Has.Count.EqualTo(1));
    }

    [Test]
    public void An_episode_that_ends_with_the_connection_is_told_too()
    {
        for (int i = 0; i < 50; i++)
        {
            _sender.Emit("S", Body);
        }

        int lost = Lost();
        _deaf.Close();
        Assert.That(Warnings(), Has.Count.EqualTo(2));
        Assert.That(Warnings()[1], Does.Contain($"{lost} broadcasts"));
    }

    private int Lost()
    {
        uint serial = _sender.CallOn(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats", "GetConnectionStats", ":1.0");
        return int.Parse(_sender.ReceiveReply(serial).Dictionary()["org.xen.xcp.Broker.BroadcastsLost"], CultureInfo.InvariantCulture);
    }

    private List<string> Warnings() => [.. Broker.Log.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Text)];
}
