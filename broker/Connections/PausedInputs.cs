using Microsoft.Extensions.Logging;
using XcpBroker.Diagnostics;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Quotas;

namespace XcpBroker.Connections;

/// <summary>Connections that are not read until max_total_bytes has room for the message that they have begun to send.</summary>
/// <remarks>
/// A long message is charged whole before the rest of it is read, so what is half in can always be finished: connections wait for
/// others' queues to empty, never for each other.
/// </remarks>
internal sealed class PausedInputs(BusLoop loop, BrokerCounters counters, LimitsInForce limits, Dooms dooms, ILogger log)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(20);

    private readonly List<(Connection Connection, int Charge)> _waiting = [];
    private Deadline _retry;

    /// <summary>Takes apart what has hung up; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    /// <summary>Charges the message, or stops reading until that can be done.</summary>
    /// <param name="connection">Who sends it; nothing is charged for its input yet.</param>
    /// <param name="charge">Its length, or what has come in of it where that is more.</param>
    /// <returns>False: no room can ever be enough.</returns>
    internal bool TryHold(Connection connection, int charge)
    {
        if (TryCharge(connection, charge))
        {
            return true;
        }

        if (!connection.Account.CanEverHold(charge))
        {
            return false;
        }

        counters.InputsPaused++;
        Log.InputPaused(log, connection, limits.Current.MaxTotalBytes, charge);
        connection.Transport.NotifyWhenReadable(false);
        _waiting.Add((connection, charge));
        if (_waiting.Count == 1)
        {
            Watch();
        }

        return true;
    }

    /// <summary>The peer has gone while it waited. Its names must not outlive it, so what it sent last is given up, whole or not.</summary>
    internal void HungUp(Connection connection)
    {
        if (!connection.IsOpen)
        {
            return;
        }

        // Who waits to be authenticated has sent no message yet.
        if (connection.State == ConnectionState.Authenticating)
        {
            dooms.Doom(connection, CloseReason.PeerClosed);
        }
        else
        {
            counters.InputsLost++;
            Log.InputLost(log, connection);
            dooms.Doom(connection, CloseReason.PeerClosedWithinMessage);
        }

        TakeApartDoomed();
    }

    /// <summary>The connection is being taken apart.</summary>
    internal void Forget(Connection connection)
    {
        if (_waiting.Count > 0 && _waiting.RemoveAll(waiting => waiting.Connection == connection) > 0 && _waiting.Count == 0)
        {
            _retry.Cancel();
        }
    }

    private static bool TryCharge(Connection connection, int charge)
    {
        if (connection.Account.TryCharge(ChargeKind.Held, charge) != ChargeResult.Charged)
        {
            return false;
        }

        connection.HeldCharge = charge;
        return true;
    }

    private void Watch() => _retry = loop.Deadlines.After(Retry, static state => ((PausedInputs)state!).Resume(), this);

    // In order of arrival; one that does not fit yet does not hold up smaller ones.
    private void Resume()
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            (Connection connection, int charge) = _waiting[i];
            if (connection.IsOpen && TryCharge(connection, charge))
            {
                _waiting.RemoveAt(i--);
                Log.InputResumed(log, connection);
                connection.Transport.NotifyWhenReadable(true);
            }
        }

        if (_waiting.Count > 0)
        {
            Watch();
        }
    }
}
