using XcpBroker.Protocol.Messages;

namespace XcpBroker.Auth.Policy;

/// <summary>Whether a message is a reply, and to a call that waits for it.</summary>
/// <remarks>What counts is REPLY_SERIAL, whatever the message's type.</remarks>
public enum ReplyState : byte
{
    /// <summary>It has no REPLY_SERIAL.</summary>
    NoReply,

    /// <summary>Its receiver has called its sender with that serial and waits.</summary>
    Requested,

    /// <summary>It has not.</summary>
    Unrequested,
}

/// <summary>One message on its way from one peer to one other, or to or from the bus.</summary>
/// <remarks>Fields that the message does not have are empty.</remarks>
public readonly ref struct PolicyRequest
{
    /// <summary>The message's type: one of the four.</summary>
    public required MessageType Type { get; init; }

    /// <summary>PATH.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    /// <summary>INTERFACE.</summary>
    public ReadOnlySpan<byte> Interface { get; init; }

    /// <summary>MEMBER.</summary>
    public ReadOnlySpan<byte> Member { get; init; }

    /// <summary>ERROR_NAME.</summary>
    public ReadOnlySpan<byte> ErrorName { get; init; }

    /// <summary>What the sender is called: its names; of the bus <see cref="PolicySet.BusNames"/>. Null: nothing that a rule knows.</summary>
    public PolicyNames? Sender { get; init; }

    /// <summary>
    /// What the receiver is called: its names, not the DESTINATION; of the bus <see cref="PolicySet.BusNames"/>; of a service that is
    /// yet to be started, <see cref="PolicySet.NamesOf"/> the DESTINATION.
    /// </summary>
    public PolicyNames? Receiver { get; init; }

    /// <summary>Whether it is a signal without DESTINATION.</summary>
    public bool IsBroadcast { get; init; }

    /// <summary>Whether it answers a call.</summary>
    public ReplyState Reply { get; init; }

    /// <summary>Whether it has a DESTINATION and is offered to somebody else.</summary>
    public bool IsEavesdropping { get; init; }

    /// <summary>Descriptors that come with it.</summary>
    public int UnixFds { get; init; }
}
