using XcpBroker.Auth.Domains;
using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Names;
using XcpBroker.Routing;

namespace XcpBroker.Domains;

/// <summary>Names that peers of one domain may own and nobody else, as <c>X-XCP-Domain=</c> in their descriptors says.</summary>
/// <remarks>It holds whether the domain is there or not, and whatever the policy allows: what waits for such a name can reach nobody else.</remarks>
internal sealed class NameReservations(DomainTable domains, NameRegistry<Connection> names)
{
    private readonly Dictionary<string, string> _domains = new(BusNameComparer.Instance);

    /// <summary>The domain that a name is reserved to; null: it is not.</summary>
    internal string? DomainOf(string name) => _domains.GetValueOrDefault(name);

    internal bool MayOwn(Connection peer, string name) =>
        DomainOf(name) is not { } domain || (peer.Credentials.Domain is { IsKnown: true } identity && identity.Name == domain);

    /// <summary>Where the owner of a name will be that has none now; null: on this host.</summary>
    internal DomainIdentity? PlaceOf(string name) => DomainOf(name) is not { } domain ? null
        : domains.TryFind(domain, out BusDomain? known) ? known.Identity : new DomainIdentity(domain);

    /// <summary>Other descriptors are in force.</summary>
    internal void Apply(ServiceCatalog catalog)
    {
        _domains.Clear();
        foreach (ServiceDescriptor descriptor in catalog.Services)
        {
            if (descriptor.Domain is { } domain)
            {
                _domains.Add(descriptor.Name, domain);
            }
        }
    }

    /// <summary>Takes reserved names from whoever owns or waits for them elsewhere.</summary>
    internal void Enforce(OwnerSignals signals)
    {
        foreach (string name in _domains.Keys)
        {
            foreach (Connection peer in names.QueuedOwners(System.Text.Encoding.ASCII.GetBytes(name)).ToArray())
            {
                if (!MayOwn(peer, name) && names.Release(System.Text.Encoding.ASCII.GetBytes(name), peer).Change is { } change)
                {
                    signals.OwnerChanged(change);
                }
            }
        }
    }
}
