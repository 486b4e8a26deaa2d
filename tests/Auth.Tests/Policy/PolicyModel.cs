using XcpBroker.Auth.Policy;

namespace XcpBroker.Auth.Tests.Policy;

/// <summary>A message as strings, for the model.</summary>
internal sealed record ModelMessage(
    Protocol.Messages.MessageType Type, string? Path, string? Interface, string? Member, string? Error, string[] Others, bool IsBroadcast,
    ReplyState Reply, bool IsEavesdropping, uint Fds);

/// <summary>What dbus-daemon does, one rule after the other, as slowly as it can be written down. Source: bus/policy.c.</summary>
internal static class PolicyModel
{
    internal static PolicyRule? Decide(IEnumerable<MessageRule> rules, ModelMessage message, bool isStrict)
    {
        PolicyRule? last = null;
        foreach (MessageRule rule in rules)
        {
            bool isBlanket = rule is { Type: null, Path: null, Interface: null, Member: null, Error: null, Peer: null };
            last = isBlanket && !isStrict ? null : last;
            last = Matches(rule, message, isStrict) ? rule : last;
        }

        return last;
    }

    private static bool Matches(MessageRule rule, ModelMessage message, bool isStrict)
    {
        bool isReceive = rule.Direction == PolicyDirection.Receive;
        return (rule.Type is null || rule.Type == message.Type)
            && !(isReceive && message.IsEavesdropping && rule.IsAllow && !rule.Eavesdrop)
            && !(isReceive && !message.IsEavesdropping && !rule.IsAllow && rule.Eavesdrop)
            && !(message.Reply == ReplyState.Unrequested && rule.IsAllow && rule.RequestedReply && !rule.Eavesdrop)
            && !(message.Reply == ReplyState.Requested && !rule.IsAllow && !rule.RequestedReply)
            && Field(rule.Path, message.Path, isStrict) && Field(rule.Interface, message.Interface, strict: true)
            && Field(rule.Member, message.Member, isStrict) && Field(rule.Error, message.Error, isStrict)
            && (rule.IsBroadcast is null || rule.IsBroadcast == message.IsBroadcast)
            && (rule.Peer is null || message.Others.Any(name => name == rule.Peer || (rule.PeerIsPrefix && name.StartsWith($"{rule.Peer}."))))
            && message.Fds >= rule.MinFds && message.Fds <= rule.MaxFds;

        bool Field(string? wanted, string? has, bool strict) => wanted is null || (has is null ? !(strict && rule.IsAllow) : has == wanted);
    }
}
