using XcpBroker.Protocol.Messages;

namespace XcpBroker.Auth.Policy;

/// <summary>The rules of one peer on sending, or on receiving, messages of one type.</summary>
/// <remarks>
/// Last match wins, so rules are looked at from the last one back. Those that name the other side lie apart by that name: only the
/// lists of the names that the other side has are looked at, however many services a system has policies for.
/// </remarks>
internal sealed class CompiledRules
{
    private readonly CompiledRule[] _general;
    private readonly CompiledRule[]?[] _byName;
    private readonly bool _decidesAlone;
    private readonly PolicyVerdict _only;

    internal CompiledRules(IReadOnlyList<MessageRule> rules, PolicyDirection direction, MessageType type, NameNumbers names, bool isStrict)
    {
        List<CompiledRule> general = [];
        List<CompiledRule>?[] byName = new List<CompiledRule>?[names.Count];
        bool hasNamed = false;
        for (int order = rules.Count - 1; order >= 0; order--)
        {
            MessageRule rule = rules[order];
            if (rule.Direction != direction)
            {
                continue;
            }

            CompiledRule compiled = new(rule, order, type, names, isStrict);
            if (CanMatch(rule, type))
            {
                hasNamed |= rule.Peer is not null;
                (rule.Peer is null ? general : byName[names.Of(rule)] ??= []).Add(compiled);
            }

            if (compiled.MatchesEvery || (rule.IsBlanket && !isStrict))
            {
                // Nothing before it can decide. dbus-daemon also forgets what stands before a rule that has only conditions like
                // send_broadcast or min_fds (bus_client_policy_optimize), though that rule may not match; its configurations count on it.
                break;
            }
        }

        _general = [.. general];
        _byName = hasNamed ? [.. byName.Select(list => list?.ToArray())] : [];
        _decidesAlone = !hasNamed && (_general.Length == 0 || _general[0].MatchesEvery);
        AllowsAll = !hasNamed && _general is [{ MatchesEveryAddressed: true, Verdict: { IsAllowed: true, IsToBeLogged: false } }, ..];
        _only = _general.Length == 0 ? PolicyVerdict.DeniedByDefault : _general[0].Verdict;
    }

    /// <summary>Whether every message is allowed that is not offered to somebody else besides: there is no need to ask.</summary>
    internal bool AllowsAll { get; }

    internal PolicyVerdict Check(in PolicyRequest request, PolicyNames? other)
    {
        if (_decidesAlone)
        {
            return _only;
        }

        CompiledRule? last = LastMatch(_general, request, -1);
        if (_byName.Length > 0 && other is not null)
        {
            foreach (int number in other.Numbers)
            {
                if (_byName[number] is { } rules)
                {
                    last = LastMatch(rules, request, last?.Order ?? -1) ?? last;
                }
            }
        }

        return last?.Verdict ?? PolicyVerdict.DeniedByDefault;
    }

    /// <summary>Whether a message to or from the other side could be allowed at all; if not, which rule is in the way.</summary>
    /// <param name="other">The other side.</param>
    /// <param name="byNameOnly">Whether only such rules can allow it as are about the other side's names.</param>
    internal PolicyVerdict CheckAny(PolicyNames other, bool byNameOnly = false)
    {
        CompiledRule? last = LastOfAny(_general, other, byNameOnly, -1);
        if (_byName.Length > 0)
        {
            foreach (int number in other.Numbers)
            {
                if (_byName[number] is { } rules)
                {
                    last = LastOfAny(rules, other, byNameOnly, last?.Order ?? -1) ?? last;
                }
            }
        }

        return last?.Verdict ?? PolicyVerdict.DeniedByDefault;
    }

    private static CompiledRule? LastOfAny(CompiledRule[] rules, PolicyNames other, bool byNameOnly, int after)
    {
        foreach (CompiledRule rule in rules)
        {
            if (rule.Order <= after)
            {
                break;
            }

            // What is for all is sent to nobody in particular; a rule without a name is about whoever it happens to be.
            bool isNoReason = rule.Verdict.IsAllowed && (byNameOnly ? !rule.NamesPeer : rule.IsForBroadcasts);
            if (!isNoReason && (rule.Verdict.IsAllowed || rule.MatchesEveryOfPeer) && rule.IsAbout(other))
            {
                return rule;
            }
        }

        return null;
    }

    private static bool CanMatch(MessageRule rule, MessageType type) =>
        (rule.Type is null || rule.Type == type) && !(rule.IsBroadcast == true && type != MessageType.Signal);

    private static CompiledRule? LastMatch(CompiledRule[] rules, in PolicyRequest request, int after)
    {
        foreach (CompiledRule rule in rules)
        {
            if (rule.Order <= after)
            {
                break;
            }

            if (rule.Matches(request))
            {
                return rule;
            }
        }

        return null;
    }
}
