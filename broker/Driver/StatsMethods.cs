using XcpBroker.Buffers;
using XcpBroker.Connections;
using XcpBroker.Matching;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>org.freedesktop.DBus.Debug.Stats, with the keys of dbus-daemon.</summary>
internal sealed class StatsMethods(
    ConnectionTable connections,
    NameRegistry<Connection> names,
    MatchIndex<Connection> rules,
    BusMessages bus,
    StatsAccounting accounting,
    NamePeak peak,
    BlockPool blocks)
{
    internal const string Interface = "org.freedesktop.DBus.Debug.Stats";

    internal IEnumerable<DriverMethod> Table =>
    [
        new(Interface, "GetStats", "", "a{sv}", GetStats) { Path = PathRule.CanonicalOnly },
        new(Interface, "GetConnectionStats", "s", "a{sv}", GetConnectionStats) { Path = PathRule.CanonicalOnly },
        new(Interface, "GetAllMatchRules", "", "a{sas}", GetAllMatchRules) { Path = PathRule.CanonicalOnly },
    ];

    private static void Write(WireWriter reply, string key, long value)
    {
        reply.BeginStruct();
        reply.WriteString(key);
        reply.WriteVariantUInt32((uint)Math.Clamp(value, 0, uint.MaxValue));
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
        Write(reply, "IncomingMessages", peer.Counters.IncomingMessages);
        Write(reply, "IncomingBytes", peer.HeldCharge);
        Write(reply, "IncomingFDs", peer.Transport.ReceivedFds.Count);
        Write(reply, "PeakIncomingBytes", peer.Counters.PeakIncomingBytes);
        Write(reply, "PeakIncomingFDs", peer.Counters.PeakIncomingFds);
        Write(reply, "OutgoingMessages", peer.Counters.OutgoingMessages);
        Write(reply, "OutgoingBytes", peer.QueuedBytes);
        Write(reply, "OutgoingFDs", peer.QueuedFds);
        Write(reply, "PeakOutgoingBytes", peer.Counters.PeakOutgoingBytes);
        Write(reply, "PeakOutgoingFDs", peer.Counters.PeakOutgoingFds);
        Write(reply, "org.xen.xcp.Broker.BroadcastsLost", peer.Counters.BroadcastsLost);
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
