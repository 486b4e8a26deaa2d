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
    public void Accepting_pauses_while_too_many_have_not_said_Hello()
    {
        Limit(limits => limits with { MaxIncompleteConnections = 2 });
        FakePeer first = Broker.Accept();
        Assert.That(Broker.IsAcceptPaused, Is.False);
        FakePeer second = Broker.Accept();
        Assert.That(Broker.IsAcceptPaused, Is.True);
        first.Authenticate();
        Assert.That(Broker.IsAcceptPaused, Is.True, "authenticated is not enough");
        first.Hello();
        Assert.That(Broker.IsAcceptPaused, Is.False);
        Broker.Accept();
        Assert.That(Broker.IsAcceptPaused, Is.True);
        second.Close();
        Assert.That(Broker.IsAcceptPaused, Is.False);
    }

    [Test]
    public void CVE_2014_3639_silent_peers_hold_up_others_only_until_they_time_out()
    {
        Limit(limits => limits with { MaxIncompleteConnections = 2, AuthTimeout = TimeSpan.FromSeconds(5) });
        Broker.Accept();
        Broker.Pass(TimeSpan.FromSeconds(2));
        Broker.Accept();
        Assert.That(Broker.IsAcceptPaused, Is.True);
        Broker.Pass(TimeSpan.FromSeconds(3));
        Assert.That(Broker.IsAcceptPaused, Is.False);
        Assert.That(Broker.Bus.ConnectionCount, Is.EqualTo(1));
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
}
