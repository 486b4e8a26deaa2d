using XcpBroker.Config;
using XcpBroker.Protocol;
using XcpBroker.Quotas;

namespace XcpBroker.Broker.Tests.Quotas;

/// <summary>How many connections there may be, before and after Hello.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ConnectionLimitsTests
{
    private readonly ConnectionLimits _limits =
        new(new LimitOptions { MaxIncompleteConnections = 2, MaxCompletedConnections = 3, MaxConnectionsPerUser = 2 });

    [Test]
    public void Nothing_is_accepted_while_too_many_have_not_said_Hello()
    {
        _limits.AddIncomplete();
        Assert.That(_limits.MayAccept);
        _limits.AddIncomplete();
        Assert.That(_limits.MayAccept, Is.False);

        _limits.RemoveIncomplete();
        Assert.That(_limits.MayAccept);
    }

    [Test]
    public void Hello_makes_room_for_the_next()
    {
        _limits.AddIncomplete();
        _limits.AddIncomplete();

        Assert.That(_limits.TryComplete(0).IsNone);
        Assert.That(_limits.MayAccept);
        Assert.That((_limits.Incomplete, _limits.Completed), Is.EqualTo((1, 1)));
    }

    [Test]
    public void A_user_at_its_limit_is_told_which_and_others_are_not_hindered()
    {
        Connect(0);
        Connect(0);

        DBusError error = Connect(0);

        Assert.That(error.Name, Is.EqualTo(ErrorNames.LimitsExceeded));
        Assert.That(error.Message, Does.Contain("max_connections_per_user=2"));
        Assert.That(_limits.Incomplete, Is.EqualTo(1));
        _limits.RemoveIncomplete();
        Assert.That(Connect(1).IsNone);
        _limits.RemoveCompleted(0);
        Assert.That(Connect(0).IsNone);
    }

    [Test]
    public void All_users_together_have_a_limit_too()
    {
        Connect(0);
        Connect(1);
        Connect(null);

        Assert.That(Connect(2).Message, Does.Contain("max_completed_connections=3"));
    }

    [Test]
    public void In_the_end_nothing_is_counted()
    {
        Connect(0);
        Connect(null);
        _limits.RemoveCompleted(0);
        _limits.RemoveCompleted(null);

        Assert.That(_limits.IsEmpty);
    }

    private DBusError Connect(uint? user)
    {
        _limits.AddIncomplete();
        return _limits.TryComplete(user);
    }
}
