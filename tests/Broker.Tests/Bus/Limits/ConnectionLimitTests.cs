using Microsoft.Extensions.Logging;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Limits;

internal sealed class ConnectionLimitTests : BusFixture
{
    [Test]
    public void The_bus_takes_so_many_connections()
    {
        Limit(limits => limits with { MaxCompletedConnections = 2 });
        FakePeer first = Broker.Connect();
        Broker.Connect(user: 0);
        FakePeer third = Broker.Accept();
        third.Authenticate();
        PeerMessage error = third.Ask("Hello");
        Assert.That(error.ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
        Assert.That(error.FirstString, Does.Contain("max_completed_connections=2"));

        first.Close();
        third.Hello();
        Assert.That(third.UniqueName, Is.EqualTo(":1.2"));
    }

    [Test]
    public void A_user_has_so_many_connections_and_another_is_not_concerned()
    {
        Limit(limits => limits with { MaxConnectionsPerUser = 2 });
        FakePeer first = Broker.Connect();
        Broker.Connect();
        FakePeer third = Broker.Accept();
        third.Authenticate();
        PeerMessage error = third.Ask("Hello");
        Assert.That(error.ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
        Assert.That(error.FirstString, Does.Contain("max_connections_per_user=2").And.Contain("1000"));

        Broker.Connect(user: 0);
        first.Close();
        third.Hello();
    }

    [Test]
    public void Of_too_many_that_have_not_said_Hello_the_oldest_of_whoever_has_most_is_ended()
    {
        Limit(limits => limits with { MaxIncompleteConnections = 4 });
        FakePeer other = Broker.Accept(user: 0);
        FakePeer oldest = Broker.Accept();
        FakePeer second = Broker.Accept();
        second.Authenticate();
        FakePeer young = Broker.Accept();
        FakePeer newcomer = Broker.Accept(user: 0);
        Assert.That(Closed(other, oldest, second, newcomer), Is.EqualTo("False True False False"), "that it has authenticated counts for nothing");
        FakePeer third = Broker.Accept();
        Assert.That(Closed(other, second, young, newcomer, third), Is.EqualTo("False True False False False"));

        other.Authenticate();
        other.Hello();
        newcomer.Authenticate();
        newcomer.Hello();
        third.Authenticate();
        third.Hello();
    }

    [Test]
    public void CVE_2014_3639_silent_peers_hold_up_nobody()
    {
        Limit(limits => limits with { MaxIncompleteConnections = 8 });
        for (int i = 0; i < 100; i++)
        {
            for (int silent = 0; silent < 8; silent++)
            {
                Broker.Accept();
            }

            Broker.Connect(user: 0).Close();
        }

        Assert.That(Broker.Bus.ConnectionCount, Is.LessThanOrEqualTo(8));
        Assert.That(Broker.Bus.Counters.IncompleteEnded, Is.GreaterThan(700));
        Assert.That(Broker.Log.Lines.Count(line => line.Level >= LogLevel.Warning), Is.EqualTo(1), "one line for all of it");
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.One.EqualTo(
            "max_incomplete_connections (8) reached, and uid 1000 has most of them: for each new one the oldest of whoever has most is ended"));
    }

    [Test]
    public void The_time_runs_until_Hello_and_not_beyond()
    {
        FakePeer quick = Broker.Connect();
        FakePeer slow = Broker.Accept();
        Broker.Pass(TimeSpan.FromSeconds(29));
        slow.Authenticate();
        Broker.Pass(TimeSpan.FromSeconds(1));
        slow.ReceiveAll();
        Assert.That(slow.IsClosed, Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("AuthTimeout"));
        Broker.Pass(TimeSpan.FromDays(1));

        Assert.That(quick.Ask("GetId").ErrorName, Is.Null);
    }

    private static string Closed(params FakePeer[] peers)
    {
        foreach (FakePeer peer in peers)
        {
            _ = peer.ReceiveRaw();
        }

        return string.Join(' ', peers.Select(peer => peer.IsClosed));
    }
}
