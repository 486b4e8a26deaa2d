using XcpBroker.Auth.Domains;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Auth.Policy;

/// <summary>A peer as a policy sees it.</summary>
/// <param name="UserId">Its user; null: unknown.</param>
/// <param name="Groups">All groups, ascending; null: not known completely.</param>
/// <param name="Names">The names that it owns or waits for.</param>
public sealed record PolicyPeer(uint? UserId, IReadOnlyList<uint>? Groups, IReadOnlyList<string> Names)
{
    /// <summary>Its domain; null: it is of the host. In a domain, user and groups count for nothing.</summary>
    public DomainIdentity? Domain { get; init; }

    /// <summary>What it may do.</summary>
    public PeerPolicy PolicyOf(PolicySet policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return Domain is not null ? policy.ForDomain(Domain) : policy.ForPeer(UserId, Groups, isAtConsole: false);
    }
}

/// <summary>A message in words, to be told what would become of it.</summary>
/// <remarks>For people who ask; what is on its way asks <see cref="PeerPolicy"/> itself.</remarks>
public sealed record PolicyQuestion
{
    /// <summary>The message's type.</summary>
    public MessageType Type { get; init; } = MessageType.MethodCall;

    /// <summary>Who sends it.</summary>
    public required PolicyPeer Sender { get; init; }

    /// <summary>Who would receive it; null: the bus.</summary>
    public PolicyPeer? Receiver { get; init; }

    /// <summary>PATH; null: the message has none. So the other fields.</summary>
    public string? Path { get; init; }

    /// <summary>INTERFACE.</summary>
    public string? Interface { get; init; }

    /// <summary>MEMBER.</summary>
    public string? Member { get; init; }

    /// <summary>ERROR_NAME.</summary>
    public string? ErrorName { get; init; }

    /// <summary>Whether it is a signal for all.</summary>
    public bool IsBroadcast { get; init; }

    /// <summary>Whether it answers a call.</summary>
    public ReplyState Reply { get; init; }

    /// <summary>Descriptors that come with it.</summary>
    public int UnixFds { get; init; }

    /// <summary>What a policy says to the sender; and to the receiver, unless that is the bus, which receives everything.</summary>
    public (PolicyVerdict Send, PolicyVerdict? Receive) Ask(PolicySet policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        PolicyRequest request = new()
        {
            Type = Type,
            Path = Bytes(Path),
            Interface = Bytes(Interface),
            Member = Bytes(Member),
            ErrorName = Bytes(ErrorName),
            Sender = policy.NamesOf(Sender.Names, Sender.Domain),
            Receiver = Receiver is null ? policy.BusNames : policy.NamesOf(Receiver.Names, Receiver.Domain),
            IsBroadcast = IsBroadcast,
            Reply = Reply,
            UnixFds = UnixFds,
        };
        PolicyVerdict send = Sender.PolicyOf(policy).CheckSend(request);
        return (send, Receiver is null ? null : Receiver.PolicyOf(policy).CheckReceive(request));
    }

    private static byte[] Bytes(string? text) => text is null ? [] : StrictUtf8.Instance.GetBytes(text);
}
