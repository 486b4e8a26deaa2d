using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Protocol;

namespace XcpBroker.Quotas;

/// <summary>Counts connections before and after Hello, in all and by user.</summary>
internal sealed class ConnectionLimits(LimitOptions limits)
{
    private readonly Dictionary<long, int> _completedByUser = [];

    /// <summary>Connections that have not said Hello.</summary>
    internal int Incomplete { get; private set; }

    /// <summary>Connections that have said Hello.</summary>
    internal int Completed { get; private set; }

    /// <summary>False: accept nothing until an incomplete connection says Hello or ends (max_incomplete_connections).</summary>
    internal bool MayAccept => Incomplete < limits.MaxIncompleteConnections;

    internal bool IsEmpty => Incomplete == 0 && Completed == 0 && _completedByUser.Count == 0;

    internal void AddIncomplete() => Incomplete++;

    internal void RemoveIncomplete() => Incomplete--;

    /// <summary>A connection says Hello: it is complete, unless the error says which limit it would pass. Then it stays incomplete.</summary>
    internal DBusError TryComplete(uint? userId)
    {
        if (Completed >= limits.MaxCompletedConnections)
        {
            return DBusError.LimitsExceeded("Active connections", "max_completed_connections", limits.MaxCompletedConnections);
        }

        int ofUser = _completedByUser.GetValueOrDefault(KeyOf(userId));
        if (ofUser >= limits.MaxConnectionsPerUser)
        {
            string who = userId is { } id ? $"Active connections of user {id}" : "Active connections without a user";
            return DBusError.LimitsExceeded(who, "max_connections_per_user", limits.MaxConnectionsPerUser);
        }

        _completedByUser[KeyOf(userId)] = ofUser + 1;
        Incomplete--;
        Completed++;
        return default;
    }

    internal void RemoveCompleted(uint? userId)
    {
        Completed--;
        ref int ofUser = ref CollectionsMarshal.GetValueRefOrNullRef(_completedByUser, KeyOf(userId));
        if (--ofUser == 0)
        {
            _completedByUser.Remove(KeyOf(userId));
        }
    }

    private static long KeyOf(uint? userId) => userId ?? -1L;
}
