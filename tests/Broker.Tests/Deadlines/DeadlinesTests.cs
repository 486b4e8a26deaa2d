using CsCheck;
using Microsoft.Extensions.Time.Testing;
using XcpBroker.Loop;

namespace XcpBroker.Broker.Tests.Deadlines;

/// <summary>What happens when, on a clock that is turned by hand.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DeadlinesTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _ran = [];
    private readonly Loop.Deadlines _deadlines;

    public DeadlinesTests() => _deadlines = new Loop.Deadlines(_clock);

    [Test]
    public void Nothing_is_due_when_nothing_is_set()
    {
        _deadlines.Tick();

        Assert.That(_deadlines.UntilNext(), Is.Null);
        Assert.That(default(Deadline).IsPending, Is.False);
        Assert.That(default(Deadline).Cancel, Throws.Nothing);
    }

    [Test]
    public void An_action_runs_once_and_not_before_its_time()
    {
        Deadline deadline = After(10, "a");
        _clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        _deadlines.Tick();
        Assert.That(_ran, Is.Empty);
        Assert.That(_deadlines.UntilNext(), Is.EqualTo(TimeSpan.FromTicks(1)));
        Assert.That(deadline.IsPending);

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(_deadlines.UntilNext(), Is.EqualTo(TimeSpan.Zero));
        _deadlines.Tick();
        _deadlines.Tick();

        Assert.That(_ran, Is.EqualTo((string[])["a"]));
        Assert.That(deadline.IsPending, Is.False);
        Assert.That(_deadlines.UntilNext(), Is.Null);
    }

    [Test]
    public void Actions_run_in_order_of_time_and_then_in_the_order_in_which_they_were_set()
    {
        After(2, "c");
        After(1, "a");
        After(2, "d");
        After(1, "b");
        _clock.Advance(TimeSpan.FromSeconds(5));

        _deadlines.Tick();

        Assert.That(_ran, Is.EqualTo((string[])["a", "b", "c", "d"]));
    }

    [Test]
    public void A_cancelled_action_does_not_run()
    {
        Deadline cancelled = After(1, "a");
        After(2, "b");

        cancelled.Cancel();

        Assert.That(cancelled.IsPending, Is.False);
        Assert.That(_deadlines.Count, Is.EqualTo(1));
        Assert.That(_deadlines.UntilNext(), Is.EqualTo(TimeSpan.FromSeconds(2)));
        _clock.Advance(TimeSpan.FromSeconds(3));
        _deadlines.Tick();
        Assert.That(_ran, Is.EqualTo((string[])["b"]));
    }

    [Test]
    public void Cancelling_what_is_past_does_not_cancel_what_took_its_place()
    {
        Deadline past = After(1, "a");
        _clock.Advance(TimeSpan.FromSeconds(1));
        _deadlines.Tick();
        After(1, "b");

        past.Cancel();
        past.Cancel();

        _clock.Advance(TimeSpan.FromSeconds(1));
        _deadlines.Tick();
        Assert.That(_ran, Is.EqualTo((string[])["a", "b"]));
    }

    [Test]
    public void An_action_may_cancel_another_that_is_due_too()
    {
        Deadline second = default;
        _deadlines.After(TimeSpan.FromSeconds(1), _ => second.Cancel(), null);
        second = After(1, "b");
        _clock.Advance(TimeSpan.FromSeconds(1));

        _deadlines.Tick();

        Assert.That(_ran, Is.Empty);
        Assert.That(_deadlines.Count, Is.Zero);
    }

    [Test]
    public void What_an_action_sets_without_delay_waits_for_the_next_turn()
    {
        _deadlines.After(TimeSpan.Zero, _ => After(0, "again"), null);

        _deadlines.Tick();
        Assert.That(_ran, Is.Empty);

        _deadlines.Tick();
        Assert.That(_ran, Is.EqualTo((string[])["again"]));
    }

    [Test]
    public void A_delay_below_zero_is_zero_and_one_too_long_to_count_never_comes()
    {
        _deadlines.After(TimeSpan.MinValue, _ => _ran.Add("now"), null);
        _deadlines.After(TimeSpan.MaxValue, _ => _ran.Add("never"), null);
        _clock.Advance(TimeSpan.FromDays(1000));

        _deadlines.Tick();

        Assert.That(_ran, Is.EqualTo((string[])["now"]));
        Assert.That(_deadlines.UntilNext(), Is.GreaterThan(TimeSpan.FromDays(1000)));
    }

    [Test]
    public void Cancelled_deadlines_do_not_pile_up()
    {
        for (int turn = 0; turn < 50_000; turn++)
        {
            After(30, "auth timeout").Cancel();
        }

        Assert.That(_deadlines.Count, Is.Zero);
        Assert.That(_deadlines.HeapCount, Is.LessThan(100));
    }

    [Test]
    public void Fifty_thousand_deadlines_allocate_nothing_once_there_was_room_for_them()
    {
        SetAndRun(50_000);

        long before = GC.GetAllocatedBytesForCurrentThread();
        SetAndRun(50_000);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(allocated, Is.Zero);
    }

    [Test]
    public void They_run_as_a_sorted_list_would() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 200]).Array[0, 300].Sample(operations =>
        {
            Loop.Deadlines deadlines = new(_clock);
            List<(long Due, int Id)> model = [];
            List<int> ran = [];
            List<Deadline> handles = [];
            foreach ((int kind, int argument) in operations)
            {
                if (kind == 0)
                {
                    _clock.Advance(TimeSpan.FromMilliseconds(argument));
                    ran.Clear();
                    deadlines.Tick();
                    List<(long Due, int Id)> due = [.. model.Where(entry => entry.Due <= _clock.GetTimestamp()).Order()];
                    Assert.That(ran, Is.EqualTo(due.Select(entry => entry.Id)));
                    model.RemoveAll(due.Contains);
                }
                else if (kind == 1 && argument < handles.Count)
                {
                    handles[argument].Cancel();
                    model.RemoveAll(entry => entry.Id == argument);
                }
                else
                {
                    int id = handles.Count;
                    model.Add((_clock.GetTimestamp() + (argument * TimeSpan.TicksPerMillisecond), id));
                    handles.Add(deadlines.After(TimeSpan.FromMilliseconds(argument), state => ran.Add((int)state!), id));
                }

                Assert.That(deadlines.Count, Is.EqualTo(model.Count));
                Assert.That(deadlines.UntilNext() is { } wait ? _clock.GetTimestamp() + wait.Ticks : long.MinValue,
                    Is.EqualTo(model.Count == 0 ? long.MinValue : Math.Max(model.Min().Due, _clock.GetTimestamp())));
            }
        }, threads: 1);

    private void SetAndRun(int count)
    {
        for (int index = 0; index < count; index++)
        {
            _deadlines.After(TimeSpan.FromSeconds(index % 7), static _ => { }, this);
        }

        _clock.Advance(TimeSpan.FromSeconds(7));
        _deadlines.Tick();
    }

    private Deadline After(int seconds, string what) => _deadlines.After(TimeSpan.FromSeconds(seconds), _ => _ran.Add(what), null);
}
