using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Matching;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Names;
using XcpBroker.Quotas;

namespace XcpBroker.Driver;

/// <summary>AddMatch and RemoveMatch. Specification, "Match Rules".</summary>
internal sealed class MatchMethods(MatchIndex<Connection> rules, MatchIndex<Connection> eavesdroppers, LimitsInForce limits)
{
    internal IEnumerable<DriverMethod> Table =>
    [
        new(BusName.Driver, "AddMatch", "s", "", AddMatch) { IsForDomains = true },
        new(BusName.Driver, "RemoveMatch", "s", "", RemoveMatch) { IsForDomains = true },
    ];

    private DBusError AddMatch(ref DriverCall call)
    {
        if (rules.CountOf(call.Caller) >= limits.Current.MaxMatchRulesPerConnection)
        {
            return DBusError.LimitsExceeded(
                $"Match rules of {call.Caller.UniqueNameText}", "max_match_rules_per_connection", limits.Current.MaxMatchRulesPerConnection);
        }

        BusDomain? domain = call.Caller.Domain;
        if (domain is not null && domain.Rules >= domain.Limits.MaxMatchRules)
        {
            return DBusError.LimitsExceeded($"Match rules of domain {domain.Identity}", "max_match_rules", domain.Limits.MaxMatchRules);
        }

        DBusError error = Parse(call.Arguments.ReadString(), out MatchRule? rule);
        if (error.IsNone)
        {
            rules.Add(rule!, call.Caller);
            domain?.Rules += 1;
            if (rule!.Eavesdrops)
            {
                eavesdroppers.Add(rule, call.Caller);
            }
        }

        return error;
    }

    private DBusError RemoveMatch(ref DriverCall call)
    {
        DBusError error = Parse(call.Arguments.ReadString(), out MatchRule? rule);
        if (!error.IsNone)
        {
            return error;
        }

        if (!rules.Remove(rule!, call.Caller))
        {
            return DBusError.MatchRuleNotFound(rule!.ToString());
        }

        call.Caller.Domain?.Rules -= 1;
        _ = rule!.Eavesdrops && eavesdroppers.Remove(rule, call.Caller);
        return default;
    }

    internal static DBusError Parse(ReadOnlySpan<byte> text, out MatchRule? rule)
    {
        rule = null;
        if (text.Length > MatchRule.MaxTextLength)
        {
            return DBusError.LimitsExceeded($"A match rule of {text.Length} bytes", "length of a match rule", MatchRule.MaxTextLength);
        }

        return MatchRuleParser.TryParse(text, out rule, out string? error)
            ? default
            : DBusError.MatchRuleInvalid(StrictUtf8.Instance.GetString(text), error!);
    }
}
