using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Domains;

namespace XcpBroker.Tokens;

/// <summary>The secrets of the domains that there are now: as their token files said when the configuration was read, and of those that run.</summary>
internal sealed class DeclaredSecrets(DomainTable domains) : IDomainSecrets
{
    public IReadOnlyList<DomainSecret> Find(string domain) => !domains.TryFind(domain, out BusDomain? found) ? []
        : DomainToken.TryParse(found.Declaration.Token.Span, out DomainToken? token, out _) && (token.Name ?? domain) == domain
            ? [new DomainSecret(found.Identity, token.Secret), .. found.Running]
            : found.Running;
}
