namespace XcpBroker.Auth.Sasl;

/// <summary>On which terms a listener lets peers authenticate: the same for all who connect to it.</summary>
/// <param name="Guid">The address's id for OK: 32 lower-case hex digits.</param>
/// <param name="Mechanisms">What is offered.</param>
public sealed record SaslTerms(string Guid, SaslMechanisms Mechanisms)
{
    /// <summary>Whether who has authenticated as nobody may go on behind BEGIN. The mechanism must be offered besides.</summary>
    public bool AllowsAnonymous { get; init; }

    /// <summary>The name of the domain that whoever connects there is in, because nobody else can; null: the listener is no domain's.</summary>
    public string? Domain { get; init; }

    /// <summary>Whether a peer's TCP address proves its domain: the network lets nobody send from another's. A vsock address always does.</summary>
    public bool TrustsAddresses { get; init; }

    /// <summary>What the client sends before anything else (<c>nonce-tcp:</c>); empty: nothing.</summary>
    public ReadOnlyMemory<byte> Nonce { get; init; }
}
