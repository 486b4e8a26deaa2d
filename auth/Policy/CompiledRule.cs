using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Auth.Policy;

/// <summary>A rule on messages of one type, ready to be held against them. Its peer and its type are the business of <see cref="CompiledRules"/>.</summary>
internal sealed class CompiledRule
{
    private readonly MessageRule _rule;
    private readonly byte[]? _path;
    private readonly byte[]? _interface;
    private readonly byte[]? _member;
    private readonly byte[]? _error;
    private readonly bool _isStrict;
    private readonly bool _skipsUnrequested;
    private readonly bool _skipsRequested;
    private readonly bool _skipsEavesdropping;
    private readonly bool _skipsAddressed;
    private readonly bool _countsFds;
    private readonly int _domain;

    internal CompiledRule(MessageRule rule, int order, MessageType type, NameNumbers numbers, bool isStrict)
    {
        _rule = rule;
        _isStrict = isStrict;
        _domain = numbers.DomainOf(rule);
        Order = order;
        Verdict = new PolicyVerdict(rule.IsAllow, rule);
        MatchesEvery = rule.MatchesEvery(type);
        MatchesEveryAddressed = rule.MatchesEveryAddressed(type);
        MatchesEveryOfPeer = rule.MatchesEveryOfPeer;
        _path = Bytes(rule.Path);
        _interface = Bytes(rule.Interface);
        _member = Bytes(rule.Member);
        _error = Bytes(rule.Error);
        _skipsUnrequested = rule is { IsAllow: true, RequestedReply: true, Eavesdrop: false };
        _skipsRequested = rule is { IsAllow: false, RequestedReply: false };
        _skipsEavesdropping = rule is { Direction: PolicyDirection.Receive, IsAllow: true, Eavesdrop: false };
        _skipsAddressed = rule is { Direction: PolicyDirection.Receive, IsAllow: false, Eavesdrop: true };
        _countsFds = rule.MinFds > 0 || rule.MaxFds < MessageRule.MaximumFds;
    }

    /// <summary>Its place among all rules of its peer: of two that match, the later decides.</summary>
    internal int Order { get; }

    internal PolicyVerdict Verdict { get; }

    internal bool MatchesEvery { get; }

    internal bool MatchesEveryAddressed { get; }

    /// <summary>Whether it matches every message of its type, no reply, that is addressed to, or comes from, whoever it is about.</summary>
    internal bool MatchesEveryOfPeer { get; }

    /// <summary>Whether it matches signals for all alone.</summary>
    internal bool IsForBroadcasts => _rule.IsBroadcast == true;

    /// <summary>Whether it is a rule for whoever has a certain name.</summary>
    internal bool NamesPeer => _rule.Peer is not null;

    /// <summary>Whether the other side is in a domain that the rule is about.</summary>
    internal bool IsAbout(PolicyNames? other) => _domain < 0 || (other is not null && other.IsIn(_domain));

    /// <remarks>The member first: it is what the many rules for one service differ in.</remarks>
    internal bool Matches(in PolicyRequest request) => MatchesEvery
        || (MatchesField(_member, request.Member, _isStrict)
            && MatchesField(_interface, request.Interface, isStrict: true)
            && MatchesField(_path, request.Path, _isStrict)
            && MatchesField(_error, request.ErrorName, _isStrict)
            && MatchesState(request)
            && IsAbout(_rule.Direction == PolicyDirection.Send ? request.Receiver : request.Sender));

    private static byte[]? Bytes(string? text) => text is null ? null : StrictUtf8.Instance.GetBytes(text);

    private bool MatchesState(in PolicyRequest request)
    {
        bool skips = (request.Reply == ReplyState.Unrequested && _skipsUnrequested)
            || (request.Reply == ReplyState.Requested && _skipsRequested)
            || (request.IsEavesdropping ? _skipsEavesdropping : _skipsAddressed)
            || (_rule.IsBroadcast is { } broadcast && broadcast != request.IsBroadcast);
        return !skips && (!_countsFds || ((uint)request.UnixFds >= _rule.MinFds && (uint)request.UnixFds <= _rule.MaxFds));
    }

    /// <summary>
    /// A field that the message lacks: strictly, no allow rule that asks for it matches, and each deny rule does (CVE-2008-0595).
    /// Otherwise both match, which dbus-daemon has for all fields but the interface.
    /// </summary>
    private bool MatchesField(byte[]? expected, ReadOnlySpan<byte> field, bool isStrict) =>
        expected is null || (field.IsEmpty ? !isStrict || !_rule.IsAllow : field.SequenceEqual(expected));
}
