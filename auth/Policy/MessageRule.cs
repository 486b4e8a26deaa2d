using XcpBroker.Auth.Domains;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Auth.Policy;

/// <summary>Which side of a message a rule is about.</summary>
public enum PolicyDirection
{
    /// <summary>What the peer sends: <c>send_*</c>.</summary>
    Send,

    /// <summary>What the peer receives: <c>receive_*</c>.</summary>
    Receive,
}

/// <summary>Which messages may be sent or received. What is null matches any.</summary>
/// <param name="Direction">Whether it is about sending or receiving.</param>
/// <param name="IsAllow">Whether the messages may pass.</param>
/// <param name="Source">Where it is written.</param>
public sealed record MessageRule(PolicyDirection Direction, bool IsAllow, PolicySource Source) : PolicyRule(IsAllow, Source)
{
    /// <summary>The largest <see cref="MaxFds"/>, which is no limit: dbus-daemon's DBUS_MAXIMUM_MESSAGE_UNIX_FDS.</summary>
    public const uint MaximumFds = 1 << 25;

    /// <summary>send_type, receive_type.</summary>
    public MessageType? Type { get; init; }

    /// <summary>send_path, receive_path.</summary>
    public string? Path { get; init; }

    /// <summary>send_interface, receive_interface.</summary>
    public string? Interface { get; init; }

    /// <summary>send_member, receive_member.</summary>
    public string? Member { get; init; }

    /// <summary>send_error, receive_error.</summary>
    public string? Error { get; init; }

    /// <summary>send_destination, send_destination_prefix, receive_sender: a name that the other side owns or waits for.</summary>
    public string? Peer { get; init; }

    /// <summary>Whether names below <see cref="Peer"/> are meant too: send_destination_prefix.</summary>
    public bool PeerIsPrefix { get; init; }

    /// <summary>send_domain, receive_domain: where the other side is.</summary>
    public DomainPattern? Domain { get; init; }

    /// <summary>send_broadcast: only broadcasts, or only what is none.</summary>
    public bool? IsBroadcast { get; init; }

    /// <summary>
    /// send_requested_reply, receive_requested_reply. An allow rule with true is only for replies that were asked for, with false for all;
    /// a deny rule with true is for all replies, with false only for those that were not asked for.
    /// </summary>
    public bool RequestedReply { get; init; } = IsAllow;

    /// <summary>
    /// eavesdrop. Receiving: an allow rule with true is for what is addressed to others too, a deny rule with true only for that.
    /// With true an allow rule is also for replies that were not asked for.
    /// </summary>
    public bool Eavesdrop { get; init; }

    /// <summary>min_fds: descriptors that the message has at least.</summary>
    public uint MinFds { get; init; }

    /// <summary>max_fds: descriptors that the message has at most.</summary>
    public uint MaxFds { get; init; } = MaximumFds;

    /// <summary>log: what the rule matches is noted in the log even if it is allowed. Only of rules on sending.</summary>
    public bool Log { get; init; }

    /// <summary>Whether it says nothing of what is in the message, as dbus-daemon sees it: its other conditions don't count there.</summary>
    internal bool IsBlanket => Type is null && Path is null && Interface is null && Member is null && Error is null && Peer is null && Domain is null;

    /// <summary>Whether every message of that type is matched, whoever the other side is and whatever was asked for.</summary>
    internal bool MatchesEvery(MessageType type) =>
        MatchesEveryAddressed(type) && (Direction == PolicyDirection.Send || Eavesdrop == IsAllow);

    /// <summary>The same of messages that are not offered to somebody else besides.</summary>
    internal bool MatchesEveryAddressed(MessageType type) =>
        (Type is null || Type == type)
        && Path is null && Interface is null && Member is null && Error is null && Peer is null && Domain is null
        && (IsBroadcast is null || (IsBroadcast == false && type != MessageType.Signal))
        && MinFds == 0 && MaxFds >= MaximumFds
        && (IsAllow ? !RequestedReply || Eavesdrop : RequestedReply)
        && (Direction == PolicyDirection.Send || IsAllow || !Eavesdrop);

    /// <summary>Whether every message of its type matches that is no reply, and is addressed to or comes from whoever it is about.</summary>
    internal bool MatchesEveryOfPeer =>
        Path is null && Interface is null && Member is null && Error is null && Domain is null && IsBroadcast != true
        && MinFds == 0 && MaxFds >= MaximumFds
        && (Direction == PolicyDirection.Send || IsAllow || !Eavesdrop);

    internal static string TypeName(MessageType type) => type switch
    {
        MessageType.MethodCall => "method_call",
        MessageType.MethodReturn => "method_return",
        MessageType.Error => "error",
        _ => "signal",
    };

    private protected override IEnumerable<(string Name, string Value)> Attributes()
    {
        bool isSend = Direction == PolicyDirection.Send;
        string side = isSend ? "send" : "receive";
        string peer = isSend ? "send_destination" : "receive_sender";
        List<(string Name, string Value)> attributes = [];
        Add(PeerIsPrefix ? $"{peer}_prefix" : peer, Peer);
        Add($"{side}_domain", Domain?.ToString());
        Add($"{side}_type", Type is { } type ? TypeName(type) : null);
        Add($"{side}_path", Path);
        Add($"{side}_interface", Interface);
        Add($"{side}_member", Member);
        Add($"{side}_error", Error);
        Add("send_broadcast", IsBroadcast is { } broadcast ? Flag(broadcast) : null);
        Add($"{side}_requested_reply", RequestedReply == IsAllow ? null : Flag(RequestedReply));
        if (!attributes.Exists(attribute => attribute.Name.StartsWith(side, StringComparison.Ordinal)))
        {
            attributes.Add((peer, "*"));
        }

        Add("eavesdrop", Eavesdrop ? Flag(true) : null);
        Add("min_fds", MinFds > 0 ? $"{MinFds}" : null);
        Add("max_fds", MaxFds < MaximumFds ? $"{MaxFds}" : null);
        Add("log", Log ? Flag(true) : null);
        return attributes;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                attributes.Add((name, value));
            }
        }
    }

    private static string Flag(bool value) => value ? "true" : "false";
}
