using System.Diagnostics;
using System.IO.Pipelines;
using XcpBroker.Collections;

namespace XcpBroker.Loop;

/// <summary>The one thread that owns all bus state. It is also the <see cref="PipeScheduler"/> of the transports.</summary>
/// <remarks>
/// A turn: input that is ready, work posted from elsewhere, deadlines, then the end-of-turn work (each changed connection is
/// flushed once). Only Schedule may be called from another thread.
/// </remarks>
internal abstract class BusLoop(TimeProvider clock) : PipeScheduler
{
    private static readonly Action<ILoopWork> RunWork = static work => work.Run();

    private readonly TurnList<ILoopWork> _ready = new();
    private readonly TurnList<ILoopWork> _turnEnd = new();

    internal Deadlines Deadlines { get; } = new(clock);

    internal TimeProvider Clock => clock;

    /// <summary>Turns so far.</summary>
    internal long Turns { get; private set; }

    internal abstract bool IsCurrent { get; }

    protected bool HasReady => _ready.Count > 0 || _turnEnd.Count > 0;

    /// <summary>Runs the work once in the next turn, before that turn's end: for input left over when a budget ended.</summary>
    internal void RunNextTurn(ILoopWork work) => _ready.Add(work);

    /// <summary>Runs the work once at the end of this turn.</summary>
    internal void RunAtTurnEnd(ILoopWork work) => _turnEnd.Add(work);

    /// <summary>Fails a debug build that touches bus state from elsewhere.</summary>
    [Conditional("DEBUG")]
    internal void AssertCurrent() => Debug.Assert(IsCurrent, "bus state touched off the bus loop");

    protected void RunReady()
    {
        if (_ready.Count > 0)
        {
            _ready.Run(RunWork);
        }
    }

    protected void RunTurnEnd()
    {
        Turns++;
        while (_turnEnd.Count > 0)
        {
            _turnEnd.Run(RunWork);
        }
    }
}

/// <summary>Something the loop runs in a turn.</summary>
internal interface ILoopWork
{
    void Run();
}
