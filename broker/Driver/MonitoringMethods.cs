using XcpBroker.Connections;
using XcpBroker.Monitoring;
using XcpBroker.Protocol;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Quotas;

namespace XcpBroker.Driver;

/// <summary>org.freedesktop.DBus.Monitoring. Specification, "org.freedesktop.DBus.Monitoring.BecomeMonitor".</summary>
internal sealed class MonitoringMethods(MonitorTap monitors, Disconnector disconnector, LimitsInForce limits)
{
    internal const string Interface = "org.freedesktop.DBus.Monitoring";

    internal IEnumerable<DriverMethod> Table =>
    [
        new(Interface, "BecomeMonitor", "asu", "", BecomeMonitor) { Path = PathRule.CanonicalOnly, IsPrivileged = true },
    ];

    private DBusError BecomeMonitor(ref DriverCall call)
    {
        List<MatchRule> rules = [];
        int end = call.Arguments.ReadArrayStart(4);
        while (call.Arguments.MoreUntil(end))
        {
            DBusError error = MatchMethods.Parse(call.Arguments.ReadString(), out MatchRule? rule);
            if (!error.IsNone)
            {
                return error;
            }

            rules.Add(rule!);
        }

        uint flags = call.Arguments.ReadUInt32();
        if (flags != 0)
        {
            return DBusError.MonitorFlags(flags);
        }

        if (rules.Count > limits.Current.MaxMatchRulesPerConnection)
        {
            return DBusError.LimitsExceeded($"{rules.Count} match rules", "max_match_rules_per_connection", limits.Current.MaxMatchRulesPerConnection);
        }

        if (rules.Count == 0)
        {
            // No rule is every message.
            MatchMethods.Parse(default, out MatchRule? all);
            rules.Add(all!);
        }

        // The answer is the last thing it gets as a peer; then it loses its names, and is told so.
        call.SendReply();
        disconnector.MakeMonitor(call.Caller);
        foreach (MatchRule rule in rules)
        {
            monitors.Rules.Add(rule, call.Caller);
        }

        return default;
    }
}
