using XcpBroker.Auth;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Domains;

namespace XcpBroker.Tokens;

/// <summary>The secrets of the domains that there are now: as their token files said when the configuration was read, and of those that run.</summary>
internal sealed class DeclaredSecrets(DomainTable domains) : IDomainSecrets, IDomainCookies
{
    /// <remarks>One can be asked for only: that of the token file, or else of the last time that the domain was started.</remarks>
    public DomainSecret? Find(PeerAddress address)
    {
        if (domains.FindSource(address) is not { } claimed)
        {
            return null;
        }

        IReadOnlyList<DomainSecret> secrets = Find(claimed.Identity.Name);
        return secrets.FirstOrDefault(secret => secret.Domain.Id is null) ?? (secrets.Count == 0 ? null : secrets[^1]);
    }

    public IReadOnlyList<DomainSecret> Find(string domain) => !domains.TryFind(domain, out BusDomain? found) ? []
        : DomainToken.TryParse(found.Declaration.Token.Span, out DomainToken? token, out _) && (token.Name ?? domain) == domain
            ? [new DomainSecret(found.Identity, token.Secret), .. found.Running]
            : found.Running;
}
