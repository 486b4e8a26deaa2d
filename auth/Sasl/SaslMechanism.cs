namespace XcpBroker.Auth.Sasl;

/// <summary>One way of proving who one is. Holds no state of a conversation, so one object serves all of them.</summary>
public abstract class SaslMechanism
{
    /// <summary>The name in AUTH and REJECTED: ASCII, no blank, compared with case.</summary>
    public abstract string Name { get; }

    /// <summary>Starts one conversation.</summary>
    public abstract SaslExchange Begin();

    /// <summary>Starts one conversation with a client that has connected from there. What its address says is no proof.</summary>
    public virtual SaslExchange Begin(PeerAddress address) => Begin();
}

/// <summary>One conversation of one mechanism. The client speaks first: an AUTH without initial response is answered by an empty DATA.</summary>
public abstract class SaslExchange
{
    /// <summary>Takes what the client sent with AUTH or DATA, decoded from hex, perhaps empty.</summary>
    /// <param name="peer">What the kernel said of the client.</param>
    /// <param name="response">The client's bytes.</param>
    /// <param name="challenge">The bytes of the DATA that answers, not yet hex; read for <see cref="SaslVerdict.Challenge"/> only.</param>
    public abstract SaslVerdict Respond(PeerCredentials peer, ReadOnlySpan<byte> response, out ReadOnlyMemory<byte> challenge);

    /// <summary>After <see cref="SaslVerdict.Pending"/>: begins what the verdict waits for.</summary>
    /// <param name="decided">Called once, later, on the thread of the conversation: <see cref="Conclude"/> has the verdict then.</param>
    public virtual void Await(Action decided) => throw new NotSupportedException($"{GetType().Name} never waits.");

    /// <summary>The verdict that was pending; never pending again.</summary>
    /// <param name="challenge">As of <see cref="Respond"/>.</param>
    public virtual SaslVerdict Conclude(out ReadOnlyMemory<byte> challenge) => throw new NotSupportedException($"{GetType().Name} never waits.");

    /// <summary>The GUID that OK names, once the client is accepted; null: the listener's.</summary>
    public virtual string? Guid => null;

    /// <summary>Of an accepted client: who it is. Not asked where the listener proves a domain: that stands.</summary>
    /// <param name="peer">What the kernel said of it.</param>
    /// <returns>For a client that has proved to be in a domain, credentials with nothing but that.</returns>
    public virtual PeerCredentials Identify(PeerCredentials peer) => peer;
}

/// <summary>What a mechanism says to one response.</summary>
public enum SaslVerdict
{
    /// <summary>REJECTED; the conversation is over.</summary>
    Rejected,

    /// <summary>DATA; the client is to answer.</summary>
    Challenge,

    /// <summary>OK; the conversation is over.</summary>
    Accepted,

    /// <summary>Nothing yet: the verdict waits for something that would hold up the bus.</summary>
    Pending,
}
