using Microsoft.Extensions.Time.Testing;
using XcpBroker.Loop;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Deadlines;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class IdleCollectionTests
{
    private const int WorthWhile = 5;

    private readonly FakeTimeProvider _clock = new();
    private readonly ManualBusLoop _loop;
    private readonly IdleCollection _collection;
    private readonly List<bool> _collected = [];
    private int _connections;

    public IdleCollectionTests()
    {
        _loop = new ManualBusLoop(_clock);
        _collection = new IdleCollection(_loop, WorthWhile, _collected.Add);
    }

    [Test]
    public void Once_after_many_connections_when_the_bus_is_quiet()
    {
        Change(WorthWhile);
        Assert.That(_collected, Is.Empty);

        Pass(IdleCollection.Interval);
        Assert.That(_collected, Has.Count.EqualTo(1));

        Pass(10 * IdleCollection.Interval);
        Assert.That(_collected, Has.Count.EqualTo(1));
    }

    [Test]
    public void Not_after_a_few_connections()
    {
        Change(WorthWhile - 1);
        Pass(10 * IdleCollection.Interval);
        Assert.That(_collected, Is.Empty);

        Change(1);
        Pass(IdleCollection.Interval);
        Assert.That(_collected, Has.Count.EqualTo(1));
    }

    [Test]
    public void Not_while_peers_talk()
    {
        Change(WorthWhile);
        for (int second = 0; second < 5; second++)
        {
            for (int turn = 0; turn <= IdleCollection.QuietTurns; turn++)
            {
                _loop.Turn();
            }

            Pass(IdleCollection.Interval);
            Assert.That(_collected, Is.Empty);
        }

        Pass(IdleCollection.Interval);
        Assert.That(_collected, Has.Count.EqualTo(1));
    }

    [Test]
    public void It_is_told_whether_most_have_gone_since_the_last_time()
    {
        Change(4 * WorthWhile);
        Pass(IdleCollection.Interval);
        Change(-WorthWhile);
        Pass(IdleCollection.Interval);
        Change(-2 * WorthWhile);
        Pass(IdleCollection.Interval);
        Change(WorthWhile);
        Pass(IdleCollection.Interval);

        Assert.That(_collected, Is.EqualTo([false, false, true, false]));
    }

    /// <param name="count">How many come; below zero: go.</param>
    private void Change(int count)
    {
        for (int i = 0; i < Math.Abs(count); i++)
        {
            _connections += Math.Sign(count);
            _collection.ConnectionsChanged(_connections);
        }
    }

    private void Pass(TimeSpan time)
    {
        _clock.Advance(time);
        _loop.Turn();
    }
}
