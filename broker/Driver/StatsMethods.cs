using XcpBroker.Buffering;
using XcpBroker.Buffers;
using XcpBroker.Connections;
using XcpBroker.Journal;
using XcpBroker.Matching;
using XcpBroker.Metrics;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>org.freedesktop.DBus.Debug.Stats, with the keys of dbus-daemon. A peer may see its own; the rest is for root and the bus's user.</summary>
internal sealed class StatsMethods(
    Privilege privilege,
    ConnectionTable connections,
    NameRegistry<Connection> names,
    MatchIndex<Connection> rules,
    BusMessages bus,
    StatsAccounting accounting,
    BrokerCounters counters,
    NamePeak peak,
    HeldTotals held,
    MessageJournal journal,
    BlockPool blocks)
{
    internal const string Interface = "org.freedesktop.DBus.Debug.Stats";

    internal IEnumerable<DriverMethod> Table =>
    [
        new(Interface, "GetStats", "", "a{sv}", GetStats) { Path = PathRule.CanonicalOnly, IsPrivileged = true },
        new(Interface, "GetConnectionStats", "s", "a{sv}", GetConnectionStats) { Path = PathRule.CanonicalOnly },
        new(Interface, "GetAllMatchRules", "", "a{sas}", GetAllMatchRules) { Path = PathRule.CanonicalOnly, IsPrivileged = true },
    ];

    private static void Write(WireWriter reply, string key, long value)
    {
        reply.BeginStruct();
        reply.WriteString(key);
        reply.WriteVariantUInt32((uint)Math.Clamp(value, 0, uint.MaxValue));
    }

    private static void WriteCounter(WireWriter reply, string name, ulong value)
    {
        reply.BeginStruct();
        reply.WriteString($"org.xen.xcp.Broker.{name}");
        reply.WriteVariantSignature("t");
        reply.WriteUInt64(value);
    }

    /// <summary>What the bus has counted since it started, t each; docs/errors.md has the list.</summary>
    private void WriteCounters(WireWriter reply)
    {
        foreach (DropReason reason in Enum.GetValues<DropReason>())
        {
            WriteCounter(reply, $"Dropped.{reason}", counters.Dropped(reason));
        }

        WriteCounter(reply, "BroadcastsLost", counters.BroadcastsLost);
        WriteCounter(reply, "UnicastsRefused", counters.UnicastsRefused);
        WriteCounter(reply, "RepliesReplaced", counters.RepliesReplaced);
        WriteCounter(reply, "MessagesDenied", counters.MessagesDenied);
        WriteCounter(reply, "ErrorsUnwanted", counters.ErrorsUnwanted);
        WriteCounter(reply, "InputsPaused", counters.InputsPaused);
        WriteCounter(reply, "InputsPaced", counters.InputsPaced);
        WriteCounter(reply, "IncompleteEnded", counters.IncompleteEnded);
        WriteCounter(reply, "InputsLost", counters.InputsLost);
        WriteCounter(reply, "BufferMessages", (ulong)held.Count);
        WriteCounter(reply, "BufferBytes", (ulong)held.Bytes);
        WriteCounter(reply, "BufferHeld", counters.BufferHeld);
        WriteCounter(reply, "BufferDelivered", counters.BufferDelivered);
        WriteCounter(reply, "BufferReturned", counters.BufferReturned);
        WriteCounter(reply, "BufferExpired", counters.BufferExpired);
        WriteCounter(reply, "BufferRefused", counters.BufferRefused);
        WriteCounter(reply, "BufferPossiblyLost", counters.BufferPossiblyLost);
        WriteCounter(reply, "JournalMessages", (ulong)journal.Count);
        WriteCounter(reply, "JournalBytes", (ulong)journal.Bytes);
        WriteCounter(reply, "JournalAccepted", counters.JournalAccepted);
        WriteCounter(reply, "JournalDelivered", counters.JournalDelivered);
        WriteCounter(reply, "JournalRedelivered", counters.JournalRedelivered);
        WriteCounter(reply, "JournalSetAside", counters.JournalSetAside);
        WriteCounter(reply, "JournalRefused", counters.JournalRefused);
        WriteCounter(reply, "JournalResumed", counters.JournalResumed);
        WriteCounter(reply, "JournalFailures", counters.JournalFailures);
        WriteCounter(reply, "Disconnects", counters.Disconnects);
        WriteCounter(reply, "DisconnectsByBroker", counters.DisconnectsByBroker);
    }

    private DBusError GetStats(ref DriverCall call)
    {
        WireWriter reply = call.BeginReply();
        int dict = reply.BeginArray(8);
        Write(reply, "Serial", bus.Serial);
        Write(reply, "ListMemPoolUsedBytes", blocks.OutstandingBytes);
        Write(reply, "ListMemPoolCachedBytes", blocks.IdleBytes);
        Write(reply, "ListMemPoolAllocatedBytes", blocks.OutstandingBytes + blocks.IdleBytes);
        Write(reply, "ActiveConnections", connections.RegisteredCount);
        Write(reply, "IncompleteConnections", connections.IncompleteCount);
        Write(reply, "MatchRules", rules.Count);
        Write(reply, "PeakMatchRules", rules.PeakCount);
        Write(reply, "PeakMatchRulesPerConnection", rules.PeakCountPerReceiver);
        Write(reply, "BusNames", peak.Count);
        Write(reply, "PeakBusNames", peak.Highest);
        Write(reply, "PeakBusNamesPerConnection", peak.Highest == 0 ? 0 : 1 + names.PeakClaimsPerPeer);
        accounting.Write(reply);
        WriteCounters(reply);
        reply.EndArray(dict);
        return default;
    }

    private DBusError GetConnectionStats(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        if (name.SequenceEqual("org.freedesktop.DBus"u8))
        {
            return DBusError.InvalidArgs("GetConnectionStats is of a connection; the bus itself has GetStats.");
        }

        if (connections.OwnerOf(name, names) is not { } peer)
        {
            return DBusError.NameHasNoOwner(StrictUtf8.Instance.GetString(name));
        }

        if (peer != call.Caller && !privilege.IsPrivileged(call.Caller))
        {
            return DBusError.NotPrivileged("GetConnectionStats");
        }

        WireWriter reply = call.BeginReply();
        int dict = reply.BeginArray(8);
        Write(reply, "Serial", bus.Serial);
        reply.BeginStruct();
        reply.WriteString("UniqueName");
        reply.WriteVariantString(peer.UniqueNameText);
        Write(reply, "MatchRules", rules.CountOf(peer));
        Write(reply, "PeakMatchRules", rules.PeakCountOf(peer));
        Write(reply, "BusNames", 1 + names.CountOf(peer));
        Write(reply, "PeakBusNames", 1 + names.PeakCountOf(peer));
        Write(reply, "IncomingMessages", InboundPump.CountWaiting(peer));
        Write(reply, "IncomingBytes", peer.HeldBytes);
        Write(reply, "IncomingFDs", peer.Transport.ReceivedFds.Count);
        Write(reply, "PeakIncomingBytes", peer.Counters.PeakIncomingBytes);
        Write(reply, "PeakIncomingFDs", peer.Counters.PeakIncomingFds);
        Write(reply, "OutgoingMessages", peer.QueuedMessages);
        Write(reply, "OutgoingBytes", peer.QueuedBytes);
        Write(reply, "OutgoingFDs", peer.QueuedFds);
        Write(reply, "PeakOutgoingBytes", peer.Counters.PeakOutgoingBytes);
        Write(reply, "PeakOutgoingFDs", peer.Counters.PeakOutgoingFds);
        WriteCounter(reply, "BroadcastsLost", peer.Counters.BroadcastsLost);
        WriteCounter(reply, "MessagesReceived", peer.Counters.IncomingMessages);
        WriteCounter(reply, "MessagesSent", peer.Counters.OutgoingMessages);
        reply.EndArray(dict);
        return default;
    }

    private DBusError GetAllMatchRules(ref DriverCall call)
    {
        WireWriter reply = call.BeginReply();
        int dict = reply.BeginArray(8);
        foreach (Connection connection in connections.Registered)
        {
            if (connection.State != ConnectionState.Active)
            {
                continue;
            }

            reply.BeginStruct();
            reply.WriteString(connection.UniqueName);
            int array = reply.BeginArray(4);
            foreach ((MatchRule rule, int times) in rules.RulesOf(connection))
            {
                for (int i = 0; i < times; i++)
                {
                    reply.WriteString(rule.ToString());
                }
            }

            reply.EndArray(array);
        }

        reply.EndArray(dict);
        return default;
    }
}
