using XcpBroker.Collections;
using XcpBroker.Loop;

namespace XcpBroker.Connections;

/// <summary>What connections have to do in a turn beside reading: flush once at its end, go on with left-over input in the next.</summary>
internal sealed class TurnWork(BusLoop loop, OutgoingQueuePool queues)
{
    private static readonly TimeSpan FlushRetry = TimeSpan.FromMilliseconds(50);

    private readonly ConnectionWork _flush = new(static connection => connection.Flush());
    private readonly ConnectionWork _resume = new(static connection =>
    {
        connection.IsResumeDue = false;
        connection.OnReadable();
    });

    internal OutgoingQueuePool Queues => queues;

    /// <summary>Reads and handles input; set once by Composition.</summary>
    internal required Action<Connection> Pump { get; init; }

    /// <summary>Told of a peer that has closed while its input is paused; set once by Composition.</summary>
    internal required Action<Connection> HangUp { get; init; }

    internal void FlushAtTurnEnd(Connection connection)
    {
        if (_flush.Add(connection))
        {
            loop.RunAtTurnEnd(_flush);
        }
    }

    internal void FlushLater(Connection connection) =>
        loop.Deadlines.After(FlushRetry, static state => ((Connection)state!).Flush(), connection);

    internal void ResumeNextTurn(Connection connection)
    {
        connection.IsResumeDue = true;
        if (_resume.Add(connection))
        {
            loop.RunNextTurn(_resume);
        }
    }

    private sealed class ConnectionWork(Action<Connection> work) : ILoopWork
    {
        private readonly TurnList<Connection> _connections = new();

        /// <summary>True for the first of a round.</summary>
        internal bool Add(Connection connection)
        {
            _connections.Add(connection);
            return _connections.Count == 1;
        }

        public void Run() => _connections.Run(work);
    }
}
