using XcpBroker.Auth.Domains;

namespace XcpBroker.Auth.Sasl.XcpToken;

/// <summary>The secrets of the domains of this bus.</summary>
public interface IDomainSecrets
{
    /// <summary>The secret of the domain of that name as it is now; null: there is none, or no such domain.</summary>
    DomainSecret? Find(string domain);
}

/// <summary>What proves that a client is in a domain.</summary>
/// <param name="Domain">That domain.</param>
/// <param name="Secret">At least <see cref="DomainToken.MinSecretBytes"/> bytes; never logged.</param>
public sealed record DomainSecret(DomainIdentity Domain, ReadOnlyMemory<byte> Secret);

/// <summary>Slows down who does not know the secret, without keeping out who does.</summary>
public interface ITokenFailures
{
    /// <summary>A proof was wrong.</summary>
    /// <param name="domain">The domain that was claimed; null: one that the bus does not know.</param>
    /// <param name="reject">Called once, later, on the thread of the conversation, when it may be told.</param>
    void Delay(string? domain, Action reject);
}
