using XcpBroker.Auth.Domains;

namespace XcpBroker.Auth.Sasl.XcpToken;

/// <summary>The secrets of the domains of this bus.</summary>
public interface IDomainSecrets
{
    /// <summary>
    /// The secrets of the domain of that name as they are now, any of which proves it: that of its token file, and one of each time that
    /// it runs. Empty: there are none, or no such domain.
    /// </summary>
    IReadOnlyList<DomainSecret> Find(string domain);
}

/// <summary>What proves that a client is in a domain.</summary>
/// <param name="Domain">That domain; with its number if the secret is of this one time that it runs.</param>
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
