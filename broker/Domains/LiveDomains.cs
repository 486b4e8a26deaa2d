using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Quotas;
using XcpBroker.Transport;

namespace XcpBroker.Domains;

/// <summary>Domains that come and go while the bus runs: by a reload, or one at a time. With them come and go their limits and their sockets.</summary>
/// <remarks>Whoever is in one that goes is doomed; who calls takes the doomed apart.</remarks>
internal sealed class LiveDomains(DomainTable domains, DomainQuota accounts)
{
    private IReadOnlyList<UnixListenAddress> _configured = [];

    /// <summary>Their sockets; set once by who has them. Without: they have none.</summary>
    internal IDomainListeners? Listeners { get; set; }

    /// <summary>Puts the domains of a configuration in force; those that were added one at a time stay, unless they conflict.</summary>
    /// <returns>Sockets that cannot be listened on, and why.</returns>
    internal IReadOnlyList<(UnixListenAddress Address, string Problem)> Apply(BrokerOptions options)
    {
        domains.Apply(options.Domains);
        _configured = [.. options.Addresses.OfType<UnixListenAddress>().Where(address => address.Domain is not null)];
        return Settle();
    }

    /// <summary>Adds one.</summary>
    /// <returns>Why that cannot be; null: it is there, and its sockets are.</returns>
    internal string? Add(DomainDeclaration declaration)
    {
        if (domains.Add(declaration) is { } conflict)
        {
            return $"It has {conflict}";
        }

        foreach ((UnixListenAddress address, string problem) in Settle())
        {
            if (address.Domain == declaration.Identity.Name)
            {
                Remove(declaration.Identity.Name);
                return problem;
            }
        }

        return null;
    }

    /// <summary>Removes one, whoever has added it; if that was the configuration, its next reading adds it again.</summary>
    /// <returns>False: there is none of that name.</returns>
    internal bool Remove(string name)
    {
        if (!domains.TryFind(name, out BusDomain? domain))
        {
            return false;
        }

        domains.Remove(domain);
        _ = Settle();
        return true;
    }

    private IReadOnlyList<(UnixListenAddress Address, string Problem)> Settle()
    {
        accounts.LimitDomains(domains.ByteLimits);
        Dictionary<string, UnixListenAddress> wanted = new(StringComparer.Ordinal);
        foreach (UnixListenAddress address in _configured.Concat(domains.All.SelectMany(domain => domain.Declaration.Sockets)))
        {
            if (domains.TryFind(address.Domain!, out _))
            {
                _ = wanted.TryAdd($"{address.Kind} {address.Value}", address);
            }
        }

        return Listeners?.Apply(wanted.Values) ?? [];
    }
}
