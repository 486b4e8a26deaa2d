using Microsoft.Extensions.Time.Testing;
using XcpBroker.Routing;

namespace XcpBroker.Broker.Tests.Replies;

/// <summary>Which replies are expected, and who hears that one will not come.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PendingRepliesTests
{
    private const ulong Caller = 7;
    private const ulong Callee = 9;

    private readonly FakeTimeProvider _clock = new();
    private readonly List<PendingCall> _calls = [];
    private PendingReplies _pending;
    private ReplyLists _caller;
    private ReplyLists _callee;

    public PendingRepliesTests() => _pending = new PendingReplies(_clock, null);

    [TearDown]
    public void Nothing_stays_behind()
    {
        _pending.DropCaller(ref _caller);
        _pending.DropCallee(ref _caller, []);
        _pending.DropCaller(ref _callee);
        _pending.DropCallee(ref _callee, []);
        Assert.That(_pending.IsEmpty);
    }

    [Test]
    public void A_reply_to_a_call_is_expected_once()
    {
        Assert.That(Add(1));

        Assert.That(Take(1));
        Assert.That(Take(1), Is.False);
    }

    [Test]
    public void A_reply_that_nobody_asked_for_is_not_expected()
    {
        Assert.That(Add(1));

        Assert.That(Take(2), Is.False);
        Assert.That(_pending.TryTake(new PendingCall(Callee, Caller, 1)), Is.False);
        Assert.That(_pending.TryTake(new PendingCall(Caller, Callee + 1, 1)), Is.False);
    }

    [Test]
    public void The_same_serial_to_the_same_callee_is_a_duplicate_until_it_is_answered()
    {
        Assert.That(Add(1));
        Assert.That(Add(1), Is.False);
        Assert.That(_pending.CountOf(_caller), Is.EqualTo(1));

        Assert.That(Take(1));
        Assert.That(Add(1));
    }

    [Test]
    public void The_same_serial_to_another_callee_is_another_call()
    {
        ReplyLists other = default;
        Assert.That(Add(1));
        Assert.That(_pending.TryAdd(new PendingCall(Caller, Callee + 1, 1), ref _caller, ref other));

        Assert.That(_pending.CountOf(_caller), Is.EqualTo(2));
        _pending.DropCallee(ref other, _calls);
    }

    [Test]
    public void Only_the_caller_is_charged()
    {
        Assert.That(Add(1) && Add(2));

        Assert.That(_pending.CountOf(_caller), Is.EqualTo(2));
        Assert.That(_pending.CountOf(_callee), Is.Zero);
    }

    [Test]
    public void A_callee_that_goes_leaves_its_calls_unanswered_in_their_order()
    {
        Assert.That(Add(3) && Add(1) && Add(2));
        Assert.That(Take(1));

        _pending.DropCallee(ref _callee, _calls);

        Assert.That(_calls.Select(call => call.Serial), Is.EqualTo((uint[])[3, 2]));
        Assert.That(_calls.Select(call => call.Caller), Is.All.EqualTo(Caller));
        Assert.That(_pending.CountOf(_caller), Is.Zero);
    }

    [Test]
    public void A_caller_that_goes_is_forgotten_silently()
    {
        Assert.That(Add(1));

        _pending.DropCaller(ref _caller);
        _pending.DropCallee(ref _callee, _calls);

        Assert.That(_calls, Is.Empty);
        Assert.That(Take(1), Is.False);
    }

    [Test]
    public void A_connection_that_called_itself_and_goes_is_told_nothing()
    {
        Assert.That(_pending.TryAdd(new PendingCall(Caller, Caller, 1), ref _caller, ref _caller));
        Assert.That(_pending.CountOf(_caller), Is.EqualTo(1));

        _pending.DropCaller(ref _caller);
        _pending.DropCallee(ref _caller, _calls);

        Assert.That(_calls, Is.Empty);
    }

    [Test]
    public void Without_a_timeout_nothing_expires()
    {
        Assert.That(Add(1));
        _clock.Advance(TimeSpan.FromDays(365));

        _pending.TakeExpired(_clock.GetTimestamp(), _calls);

        Assert.That(_pending.NextDeadline, Is.Null);
        Assert.That(_calls, Is.Empty);
    }

    [Test]
    public void With_a_timeout_calls_expire_oldest_first_and_not_before_their_time()
    {
        _pending = new PendingReplies(_clock, TimeSpan.FromSeconds(25));
        long start = _clock.GetTimestamp();
        Assert.That(Add(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Add(2) && Add(3));
        Assert.That(Take(2));
        Assert.That(_clock.GetElapsedTime(start, _pending.NextDeadline!.Value), Is.EqualTo(TimeSpan.FromSeconds(25)));

        _clock.Advance(TimeSpan.FromSeconds(24) - TimeSpan.FromTicks(1));
        _pending.TakeExpired(_clock.GetTimestamp(), _calls);
        Assert.That(_calls, Is.Empty);

        _clock.Advance(TimeSpan.FromSeconds(1) + TimeSpan.FromTicks(1));
        _pending.TakeExpired(_clock.GetTimestamp(), _calls);
        Assert.That(_calls.Select(call => call.Serial), Is.EqualTo((uint[])[1, 3]));
        Assert.That(_pending.NextDeadline, Is.Null);
    }

    [Test]
    public void Fifty_thousand_calls_of_one_caller_cost_as_much_each_as_a_few()
    {
        const uint Calls = 50_000;
        for (uint serial = 1; serial <= Calls; serial++)
        {
            Assert.That(Add(serial));
        }

        for (uint serial = Calls; serial > 0; serial -= 2)
        {
            Assert.That(Take(serial));
        }

        _pending.DropCallee(ref _callee, _calls);

        Assert.That(_calls, Has.Count.EqualTo(Calls / 2));
        Assert.That(_pending.Probes, Is.LessThan(3 * 2 * Calls));
    }

    [Test]
    public void The_steady_state_allocates_nothing()
    {
        CallAndAnswer(1000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        CallAndAnswer(1000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.Zero);
    }

    private void CallAndAnswer(uint calls)
    {
        for (uint serial = 1; serial <= calls; serial++)
        {
            _ = Add(serial);
        }

        for (uint serial = 1; serial <= calls; serial++)
        {
            _ = Take(serial);
        }
    }

    private bool Add(uint serial) => _pending.TryAdd(new PendingCall(Caller, Callee, serial), ref _caller, ref _callee);

    private bool Take(uint serial) => _pending.TryTake(new PendingCall(Caller, Callee, serial));
}
