using System.Diagnostics.CodeAnalysis;
using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl;
using XcpBroker.Config.Domains;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Transport;

namespace XcpBroker.Domains;

/// <summary>The domains that there are now, and which of them a new connection is in.</summary>
/// <remarks>What connections do besides is not its business; who is in a domain that goes is doomed.</remarks>
internal sealed class DomainTable(Dooms dooms)
{
    private static readonly PeerCredentials FromNowhere = new() { Domain = DomainIdentity.Unknown };

    private readonly BusDomain _unknown = new(new DomainDeclaration(DomainIdentity.Unknown), isLive: false);
    private readonly Dictionary<string, BusDomain> _domains = new(StringComparer.Ordinal);

    /// <summary>True where there is nothing but this host: nobody need be asked for a domain then.</summary>
    internal bool IsEmpty => _domains.Count == 0;

    /// <summary>Told of each change of which domains there are, and of how they are declared.</summary>
    internal Action Changed { get; set; } = static () => { };

    internal IReadOnlyCollection<BusDomain> All => _domains.Values;

    /// <summary>What each may hold at most, by name.</summary>
    internal IEnumerable<KeyValuePair<string, long>> ByteLimits =>
        _domains.Values.Append(_unknown).Select(domain => KeyValuePair.Create(domain.Identity.Name, domain.Limits.MaxBytes));

    internal bool TryFind(string name, [NotNullWhen(true)] out BusDomain? domain) => _domains.TryGetValue(name, out domain);

    /// <summary>The domain that somebody was in who is not here any more; null: in none, or in one that is not here any more.</summary>
    internal BusDomain? Find(DomainIdentity? identity) =>
        identity is null ? null
        : !identity.IsKnown ? _unknown
        : TryFind(identity.Name, out BusDomain? domain) && domain.Identity.Uuid == identity.Uuid ? domain
        : null;

    /// <summary>Who a peer is before it has said anything: what its listener proves, else what the kernel knows.</summary>
    internal PeerCredentials Identify(ITransportConnection transport, SaslTerms terms)
    {
        if (terms.Domain is { } name)
        {
            return TryFind(name, out BusDomain? bound) ? bound.Credentials : FromNowhere;
        }

        PeerAddress address = transport.Address;
        if (!address.IsRemote)
        {
            return transport.Credentials;
        }

        bool isProof = terms.TrustsAddresses || address.IsProof;
        if (isProof && FindSource(address) is { } source)
        {
            return source.Credentials;
        }

        // Without domains TCP is what it is on other buses: whoever proves to be a user of this host is one.
        return isProof || !IsEmpty ? FromNowhere : transport.Credentials;
    }

    /// <summary>A connection whose domain is known now is in it from here on.</summary>
    /// <returns>Why it must not be; null: it is, or it is in none.</returns>
    internal string? Join(Connection connection)
    {
        if (connection.Domain is not null || connection.Credentials.Domain is not { } identity)
        {
            return null;
        }

        if (!identity.IsKnown)
        {
            if (connection.State == ConnectionState.Authenticating)
            {
                return null;
            }

            // All of them are one domain as far as they cost something. Nobody knows whether they have anything to do with each other.
            string? refusal = Enter(_unknown, connection);
            connection.Sight = new DomainSight(identity);
            return refusal;
        }

        if (!TryFind(identity.Name, out BusDomain? domain))
        {
            return $"there is no domain {identity} any more";
        }

        if (identity.Id is { } domid && !domain.IsRunning(domid))
        {
            return $"domain {identity}, domid {domid}, is no more";
        }

        return Enter(domain, connection);
    }

    /// <summary>Puts the domains of a configuration in force. Those that were added live stay, unless they conflict with one of these.</summary>
    internal void Apply(IReadOnlyList<DomainDeclaration> declarations)
    {
        foreach (BusDomain domain in _domains.Values.ToArray())
        {
            DomainDeclaration? declaration = declarations.FirstOrDefault(declared => declared.Identity.Name == domain.Identity.Name);
            bool stays = declaration is not null
                ? declaration.Identity.Uuid == domain.Identity.Uuid
                : domain.IsLive && declarations.All(declared => declared.ConflictWith(domain.Declaration) is null);
            if (!stays)
            {
                Remove(domain);
            }
        }

        foreach (DomainDeclaration declaration in declarations)
        {
            if (TryFind(declaration.Identity.Name, out BusDomain? known))
            {
                known.Change(declaration, isLive: false);
                DoomStrangers(known);
            }
            else
            {
                _domains.Add(declaration.Identity.Name, new BusDomain(declaration, isLive: false));
            }
        }

        Changed();
    }

    /// <summary>Adds one to a bus that runs.</summary>
    /// <returns>What it has of another; null: it has been added.</returns>
    internal string? Add(DomainDeclaration declaration)
    {
        foreach (BusDomain other in _domains.Values)
        {
            if (declaration.ConflictWith(other.Declaration) is { } shared)
            {
                return $"{shared} of domain {other.Identity}";
            }
        }

        _domains.Add(declaration.Identity.Name, new BusDomain(declaration, isLive: true));
        Changed();
        return null;
    }

    /// <summary>Removes one; its connections end.</summary>
    internal void Remove(BusDomain domain)
    {
        domain.IsRemoved = true;
        _domains.Remove(domain.Identity.Name);
        foreach (Connection connection in domain.Connections)
        {
            dooms.Doom(connection, CloseReason.DomainRemoved, domain.Identity.Name);
        }

        Changed();
    }

    /// <summary>Whether nobody could tell the two apart.</summary>
    internal static bool IsSame(DomainIdentity one, DomainIdentity other) =>
        one.Name == other.Name && one.Uuid == other.Uuid && one.Type == other.Type && one.Id == other.Id && one.Tags.SequenceEqual(other.Tags);

    private static string? Enter(BusDomain domain, Connection connection)
    {
        domain.Join(connection);
        return domain.Connections.Count <= domain.Limits.MaxConnections
            ? null
            : $"domain {domain.Identity} has max_connections, {domain.Limits.MaxConnections}";
    }

    /// <summary>The domain that declares the address as its own, which may be anybody's; null: none does.</summary>
    internal BusDomain? FindSource(PeerAddress address)
    {
        foreach (BusDomain domain in _domains.Values)
        {
            if (domain.Declaration.HasSource(address))
            {
                return domain;
            }
        }

        return null;
    }

    /// <summary>Who came from an address that is the domain's no longer, and has proved nothing else, is not in it any more.</summary>
    private void DoomStrangers(BusDomain domain)
    {
        foreach (Connection connection in domain.Connections)
        {
            if (connection.IsInDomainByAddress && !domain.Declaration.HasSource(connection.Transport.Address))
            {
                dooms.Doom(connection, CloseReason.DomainRemoved, $"{domain.Identity.Name}: no source of it any more");
            }
        }
    }
}
