using XcpBroker.Diagnostics;
using XcpBroker.Matching;
using XcpBroker.Metrics;
using XcpBroker.Monitoring;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Connections;

/// <summary>Takes a connection apart: everything it has goes, in the order that others may rely on.</summary>
/// <remarks>
/// Match rules first, so that it is told nothing of what follows; then its names in reverse order of acquisition, each with
/// NameOwnerChanged and the successor's NameAcquired; its unique name; and last NoReply to those who wait for its answers.
/// </remarks>
internal sealed class Disconnector(
    ConnectionTable connections,
    NameRegistry<Connection> names,
    MatchIndex<Connection> rules,
    Eavesdroppers eavesdroppers,
    MonitorTap monitors,
    PendingReplies replies,
    IAbsentPeers absent,
    OwnerSignals signals,
    BusMessages bus,
    LossLog losses,
    ConnectionAdmission admission,
    PausedInputs paused,
    Dooms dooms,
    BrokerCounters counters,
    DisconnectLog log)
{
    private readonly List<NameOwnerChange<Connection>> _changes = [];
    private readonly List<PendingCall> _unanswered = [];

    internal void TakeApartDoomed()
    {
        while (dooms.TryTake(out (Connection Connection, CloseReason Reason, string? Detail) doomed))
        {
            TakeApart(doomed.Connection, doomed.Reason, doomed.Detail);
        }
    }

    internal void TakeApart(Connection connection, CloseReason reason, string? detail)
    {
        if (connection.State == ConnectionState.Closed)
        {
            return;
        }

        connection.IsDoomed = true;
        Record(connection, reason, detail);
        RemoveRules(connection);
        eavesdroppers.Rules.RemoveAll(connection);
        monitors.Rules.RemoveAll(connection);
        bool hadName = connection.State == ConnectionState.Active;
        connections.Remove(connection);
        if (hadName)
        {
            absent.SenderLeft(connection);
            if (reason != CloseReason.Shutdown)
            {
                absent.OwnerLeft(connection);
            }

            ReleaseNames(connection);
            AnswerCallers(connection);
        }

        losses.EndEpisode(connection);
        paused.Forget(connection);
        PacedInputs.Forget(connection);
        admission.Forget(connection);

        // What it was told last, if it can still take it: a refused peer should see why.
        connection.Flush();
        connection.Close();
        connection.ReleaseHeldCharge();
        connection.Account.Close();
        connection.FdAccount?.Close();
    }

    /// <summary>It keeps its connection, as a monitor, and loses all else.</summary>
    internal void MakeMonitor(Connection connection)
    {
        RemoveRules(connection);
        eavesdroppers.Rules.RemoveAll(connection);
        absent.SenderLeft(connection);
        ReleaseNames(connection);
        AnswerCallers(connection);
        connection.BecomeMonitor();
        connections.Unname();
    }

    private void RemoveRules(Connection connection)
    {
        connection.Domain?.Rules -= rules.CountOf(connection);
        rules.RemoveAll(connection);
    }

    private void ReleaseNames(Connection connection)
    {
        names.ReleaseAll(connection, _changes);
        foreach (NameOwnerChange<Connection> change in _changes)
        {
            signals.OwnerChanged(change, isLeaving: true);
        }

        _changes.Clear();
        signals.UniqueNameLost(connection);
        signals.ChargeTo(connection);
    }

    private void AnswerCallers(Connection connection)
    {
        replies.DropCaller(ref connection.Replies);
        replies.DropCallee(ref connection.Replies, _unanswered);
        foreach (PendingCall call in _unanswered)
        {
            if (connections.Find(call.Caller) is { IsOpen: true } caller)
            {
                bus.SendErrorTo(caller, call.Serial, DBusError.CalleeDisconnected);
            }
        }

        _unanswered.Clear();
    }

    private void Record(Connection connection, CloseReason reason, string? detail)
    {
        counters.Disconnects++;
        if (DisconnectLog.IsByBus(reason))
        {
            counters.DisconnectsByBroker++;
        }

        log.Disconnected(connection, reason, detail);
    }
}
