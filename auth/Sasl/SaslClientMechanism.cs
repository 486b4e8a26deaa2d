namespace XcpBroker.Auth.Sasl;

/// <summary>The client's side of one mechanism, for one conversation.</summary>
public abstract class SaslClientMechanism
{
    /// <summary>The name in AUTH.</summary>
    public abstract string Name { get; }

    /// <summary>What goes with AUTH, not yet hex.</summary>
    public abstract byte[] InitialResponse { get; }

    /// <summary>Whether an OK that comes now can be believed.</summary>
    public virtual bool MayAccept => true;

    /// <summary>The GUID that OK must name, where the mechanism knows; null: any.</summary>
    public virtual string? ExpectedGuid => null;

    /// <summary>Answers a DATA of the bus.</summary>
    /// <param name="challenge">Decoded from hex, perhaps empty.</param>
    /// <returns>The answer, not yet hex; null: the challenge is none that this mechanism gets, so the conversation is over.</returns>
    public virtual byte[]? Respond(ReadOnlySpan<byte> challenge) => null;
}
