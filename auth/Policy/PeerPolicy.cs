using XcpBroker.Protocol.Messages;

namespace XcpBroker.Auth.Policy;

/// <summary>What the peers of one user, of the same groups, may send, receive and own.</summary>
/// <remarks>Immutable; shared by all of them. <see cref="PolicyNames"/> in a request must be of the same <see cref="PolicySet"/>. Nothing here allocates.</remarks>
public sealed class PeerPolicy
{
    private readonly CompiledRules[] _send;
    private readonly CompiledRules[] _receive;
    private readonly OwnRule[] _own;

    internal PeerPolicy(IReadOnlyList<PolicyRule> rules, NameNumbers names, bool isStrict)
    {
        List<MessageRule> messageRules = [.. rules.OfType<MessageRule>()];
        _send = Compile(PolicyDirection.Send);
        _receive = Compile(PolicyDirection.Receive);
        _own = [.. rules.OfType<OwnRule>().Reverse()];

        CompiledRules[] Compile(PolicyDirection direction) =>
        [
            .. Enumerable.Range((int)MessageType.MethodCall, (int)MessageType.Signal)
                .Select(type => new CompiledRules(messageRules, direction, (MessageType)type, names, isStrict)),
        ];
    }

    /// <summary>Whether it may send every message of that type, to everybody: then there is no need to ask.</summary>
    public bool MaySendAll(MessageType type) => _send[type - MessageType.MethodCall].AllowsAll;

    /// <summary>Whether it may receive every message of that type from everybody, except by eavesdropping: then there is no need to ask.</summary>
    public bool MayReceiveAllAddressed(MessageType type) => _receive[type - MessageType.MethodCall].AllowsAll;

    /// <summary>Whether it may send the message to <see cref="PolicyRequest.Receiver"/>.</summary>
    public PolicyVerdict CheckSend(in PolicyRequest request) => _send[request.Type - MessageType.MethodCall].Check(request, request.Receiver);

    /// <summary>Whether there is any message of that type that it may send to whoever has those names.</summary>
    public PolicyVerdict CheckSendAny(MessageType type, PolicyNames receiver) => _send[type - MessageType.MethodCall].CheckAny(receiver);

    /// <summary>
    /// Whether there is a call or a signal for nobody else that it may send to whoever has those names, or one that it may receive from there
    /// by a rule about these names.
    /// </summary>
    public bool MayReach(PolicyNames other) => MayReach(MessageType.MethodCall, other) || MayReach(MessageType.Signal, other);

    private bool MayReach(MessageType type, PolicyNames other) =>
        _send[type - MessageType.MethodCall].CheckAny(other).IsAllowed || _receive[type - MessageType.MethodCall].CheckAny(other, byNameOnly: true).IsAllowed;

    /// <summary>Whether it may receive the message from <see cref="PolicyRequest.Sender"/>.</summary>
    public PolicyVerdict CheckReceive(in PolicyRequest request) => _receive[request.Type - MessageType.MethodCall].Check(request, request.Sender);

    /// <summary>Whether it may own the well-known name.</summary>
    public PolicyVerdict CheckOwn(string name)
    {
        foreach (OwnRule rule in _own)
        {
            if (rule.Matches(name))
            {
                return new PolicyVerdict(rule.IsAllow, rule);
            }
        }

        return PolicyVerdict.DeniedByDefault;
    }
}
