using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.MatchRules;

/// <summary>What rules look at: one message, who sent it and to whom it goes. Refers to the message's bytes, which must stay.</summary>
/// <remarks>A field that is absent is an empty span; a rule that names it doesn't match.</remarks>
public readonly ref struct MatchSubject
{
    /// <summary>A subject to be filled in.</summary>
    public MatchSubject()
    {
    }

    /// <summary>Takes all but the sender and the recipient from a message.</summary>
    /// <param name="header">What <see cref="MessageHeader.TryParse"/> read of it.</param>
    /// <param name="message">The same bytes; the body must have been validated.</param>
    public MatchSubject(in MessageHeader header, ReadOnlySpan<byte> message)
    {
        Type = header.Type;
        Interface = header.Interface.In(message);
        Member = header.Member.In(message);
        Path = header.Path.In(message);
        Destination = header.Destination.In(message);
        Body = message.Slice(header.BodyOffset, header.BodyLength);
        Signature = header.Signature.In(message);
        IsBigEndian = header.IsBigEndian;
    }

    /// <summary>The message type.</summary>
    public MessageType Type { get; init; }

    /// <summary>The SENDER as the bus stamps it: a unique name, or org.freedesktop.DBus.</summary>
    public ReadOnlySpan<byte> Sender { get; init; }

    /// <summary>Well-known names of which the sender is the primary owner now. Read by index.</summary>
    /// <remarks>A list that is <see cref="IOwnedNames"/> too is asked instead of walked where that is less work.</remarks>
    public IReadOnlyList<string>? SenderNames { get; init; }

    /// <summary>INTERFACE.</summary>
    public ReadOnlySpan<byte> Interface { get; init; }

    /// <summary>MEMBER.</summary>
    public ReadOnlySpan<byte> Member { get; init; }

    /// <summary>PATH.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    /// <summary>DESTINATION as it stands in the message.</summary>
    public ReadOnlySpan<byte> Destination { get; init; }

    /// <summary>Unique name of the peer that a unicast message goes to; empty for a broadcast or where there is none.</summary>
    public ReadOnlySpan<byte> Recipient { get; init; }

    /// <summary>Well-known names of which that peer is the primary owner, as <see cref="SenderNames"/>.</summary>
    public IReadOnlyList<string>? RecipientNames { get; init; }

    /// <summary>The body.</summary>
    public ReadOnlySpan<byte> Body { get; init; }

    /// <summary>The body's signature.</summary>
    public ReadOnlySpan<byte> Signature { get; init; }

    /// <summary>The body's byte order.</summary>
    public bool IsBigEndian { get; init; }
}

/// <summary>Names that one peer owns, when it is quicker to ask for one than to walk through all.</summary>
public interface IOwnedNames : IReadOnlyList<string>
{
    /// <summary>Whether the peer is the primary owner of the name.</summary>
    bool Contains(ReadOnlySpan<byte> name);
}
