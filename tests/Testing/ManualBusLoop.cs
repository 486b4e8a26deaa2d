using XcpBroker.Loop;

namespace XcpBroker.Testing;

/// <summary>A bus loop that turns only when the test says so.</summary>
internal sealed class ManualBusLoop(TimeProvider clock) : BusLoop(clock)
{
    private readonly Queue<(Action<object?> Action, object? State)> _posted = new();

    internal override bool IsCurrent => true;

    public override void Schedule(Action<object?> action, object? state) => _posted.Enqueue((action, state));

    /// <summary>One turn, in the order of the real loop.</summary>
    internal void Turn()
    {
        RunReady();
        for (int left = _posted.Count; left > 0; left--)
        {
            (Action<object?> action, object? state) = _posted.Dequeue();
            action(state);
        }

        Deadlines.Tick();
        RunTurnEnd();
    }

    /// <summary>Turns until nothing is left to do but waiting for time or for peers.</summary>
    internal void RunUntilIdle()
    {
        do
        {
            Turn();
        }
        while (HasReady || _posted.Count > 0);
    }
}
