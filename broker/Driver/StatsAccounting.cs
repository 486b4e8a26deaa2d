using XcpBroker.Connections;
using XcpBroker.Matching;
using XcpBroker.Names;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>Who uses how much: the two tables that dbus-broker adds to GetStats, in its form.</summary>
/// <remarks>
/// <c>org.bus1.DBus.Debug.Stats.PeerAccounting</c> a(sa{sv}a{su}): unique name, credentials, what it holds.
/// <c>org.bus1.DBus.Debug.Stats.UserAccounting</c> a(ua(suu)a{ua{su}}): uid; resource, used, limit; and by whom it is used, which
/// is the user itself, since nobody pays for another. Source: dbus-broker 37, src/bus/driver.c.
/// </remarks>
internal sealed class StatsAccounting(
    ConnectionTable connections,
    NameRegistry<Connection> names,
    MatchIndex<Connection> rules,
    PendingReplies replies,
    DomainQuota bytes,
    DomainQuota fds)
{
    internal void Write(WireWriter reply)
    {
        reply.BeginStruct();
        reply.WriteString("org.bus1.DBus.Debug.Stats.PeerAccounting");
        reply.WriteVariantSignature("a(sa{sv}a{su})");
        WritePeers(reply);
        reply.BeginStruct();
        reply.WriteString("org.bus1.DBus.Debug.Stats.UserAccounting");
        reply.WriteVariantSignature("a(ua(suu)a{ua{su}})");
        WriteUsers(reply);
    }

    private static void Entry(WireWriter reply, string name, long value)
    {
        reply.BeginStruct();
        reply.WriteString(name);
        reply.WriteUInt32((uint)Math.Clamp(value, 0, uint.MaxValue));
    }

    private void WritePeers(WireWriter reply)
    {
        int peers = reply.BeginArray(8);
        foreach (Connection peer in connections.Registered)
        {
            reply.BeginStruct();
            reply.WriteString(peer.UniqueName);
            CredentialsWriter.Write(reply, peer.Credentials, peer.Transport.Address, hasPidFd: false);
            int counts = reply.BeginArray(8);
            Entry(reply, "NameObjects", names.CountOf(peer));
            Entry(reply, "MatchBytes", MatchBytes(peer));
            Entry(reply, "Matches", rules.CountOf(peer));
            Entry(reply, "ReplyObjects", replies.CountOf(peer.Replies));
            Entry(reply, "IncomingBytes", peer.HeldBytes);
            Entry(reply, "IncomingFds", peer.Transport.ReceivedFds.Count);
            Entry(reply, "OutgoingBytes", peer.QueuedBytes);
            Entry(reply, "OutgoingFds", peer.QueuedFds);
            Entry(reply, "ActivationRequestBytes", 0);
            Entry(reply, "ActivationRequestFds", 0);
            reply.EndArray(counts);
        }

        reply.EndArray(peers);
    }

    private long MatchBytes(Connection peer)
    {
        long sum = 0;
        foreach ((MatchRule rule, int times) in rules.RulesOf(peer))
        {
            sum += rule.ToString().Length * (long)times;
        }

        return sum;
    }

    private void WriteUsers(WireWriter reply)
    {
        Dictionary<uint, Usage> users = [];
        foreach (Connection peer in connections.All)
        {
            uint user = peer.Credentials.UserId ?? uint.MaxValue;
            users[user] = users.GetValueOrDefault(user).Plus(peer, rules.CountOf(peer), 1 + names.CountOf(peer) + replies.CountOf(peer.Replies));
        }

        int array = reply.BeginArray(8);
        foreach ((uint user, Usage usage) in users)
        {
            reply.BeginStruct();
            reply.WriteUInt32(user);
            int resources = reply.BeginArray(8);
            Resource(reply, "Bytes", usage.Bytes, bytes.Limits.Total);
            Resource(reply, "Fds", usage.Fds, fds.Limits.Total);
            Resource(reply, "Matches", usage.Matches, uint.MaxValue);
            Resource(reply, "Objects", usage.Objects, uint.MaxValue);
            reply.EndArray(resources);
            int actors = reply.BeginArray(8);
            reply.BeginStruct();
            reply.WriteUInt32(user);
            int used = reply.BeginArray(8);
            Entry(reply, "Bytes", usage.Bytes);
            Entry(reply, "Fds", usage.Fds);
            Entry(reply, "Matches", usage.Matches);
            Entry(reply, "Objects", usage.Objects);
            reply.EndArray(used);
            reply.EndArray(actors);
        }

        reply.EndArray(array);
    }

    private static void Resource(WireWriter reply, string name, long used, long limit)
    {
        Entry(reply, name, used);
        reply.WriteUInt32((uint)Math.Clamp(limit, 0, uint.MaxValue));
    }

    private readonly record struct Usage(long Bytes, long Fds, long Matches, long Objects)
    {
        internal Usage Plus(Connection peer, int matches, int objects) => new(
            Bytes + peer.Account.Sent + peer.Account.Received + peer.Account.Held,
            Fds + (peer.FdAccount is { } held ? held.Sent + held.Received : 0),
            Matches + matches,
            Objects + objects);
    }
}
