using System.Text;
using XcpBroker.Auth;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config.Domains;
using XcpBroker.Connections;
using XcpBroker.Loop;
using XcpBroker.Routing;
using XcpBroker.Xenstore;

namespace XcpBroker.Domains;

/// <summary>One domain on the bus: as it is declared now, and which connections are in it.</summary>
internal sealed class BusDomain
{
    private readonly HashSet<Connection> _connections = [];
    private readonly List<DomainSecret> _running = [];

    internal BusDomain(DomainDeclaration declaration, bool isLive)
    {
        Declaration = declaration;
        IsLive = isLive;
        Credentials = new PeerCredentials { Domain = declaration.Identity };
        Sight = new DomainSight(declaration.Identity);
    }

    internal DomainDeclaration Declaration { get; private set; }

    /// <summary>Whether it was added to a bus that ran, and not by the configuration.</summary>
    internal bool IsLive { get; private set; }

    internal DomainIdentity Identity => Declaration.Identity;

    internal DomainLimits Limits => Declaration.Limits;

    /// <summary>Of every peer that is in it: they differ in nothing that anybody could know.</summary>
    internal PeerCredentials Credentials { get; private set; }

    /// <summary>What of the bus is there for it.</summary>
    internal DomainSight Sight { get; }

    /// <summary>Well-known names that its peers own or wait for; counted by <see cref="Names.NameRegistry{TPeer}"/>.</summary>
    internal int Names { get; set; }

    /// <summary>Match rules of its peers.</summary>
    internal int Rules { get; set; }

    /// <summary>Messages of its peers that wait for an absent receiver, also of such as are gone.</summary>
    internal int Held { get; set; }

    /// <summary>Calls of its peers that have no reply yet.</summary>
    internal OpenCalls Calls { get; } = new();

    internal MessageRate Rate { get; } = new();

    /// <summary>Connections of it that are not read because it has sent too much.</summary>
    internal Queue<Connection> Paced { get; } = new();

    /// <summary>When they are.</summary>
    internal Deadline PaceDeadline { get; set; }

    /// <summary>Whether it has been removed; its connections are ending then.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>Connections that are known to be in it, from accept on or from BEGIN on.</summary>
    internal IReadOnlyCollection<Connection> Connections => _connections;

    /// <summary>What proves each domain that runs under this name; more than one while a domain reboots or moves.</summary>
    internal IReadOnlyList<DomainSecret> Running => _running;

    /// <summary>It runs.</summary>
    internal void Begin(DomainBoot boot)
    {
        _ = End(boot.Domid);
        _running.Add(new DomainSecret(Identity with { Id = boot.Domid }, Encoding.ASCII.GetBytes(boot.Secret)));
    }

    /// <summary>It runs no longer, and its secret proves nothing.</summary>
    /// <returns>Whether it was known to run.</returns>
    internal bool End(uint domid) => _running.RemoveAll(secret => secret.Domain.Id == domid) > 0;

    /// <summary>Whether it is known to run under that number; null is none.</summary>
    internal bool IsRunning(uint? domid) => domid is not null && _running.Exists(secret => secret.Domain.Id == domid);

    internal void Join(Connection connection)
    {
        connection.Domain = this;
        connection.Sight = Sight;
        _connections.Add(connection);
    }

    internal void Leave(Connection connection) => _connections.Remove(connection);

    /// <summary>It is declared differently now; who is in it stays.</summary>
    internal void Change(DomainDeclaration declaration, bool isLive)
    {
        bool isSame = DomainTable.IsSame(Declaration.Identity, declaration.Identity);
        Declaration = isSame ? declaration with { Identity = Declaration.Identity } : declaration;
        IsLive = isLive;
        if (!isSame)
        {
            Credentials = new PeerCredentials { Domain = declaration.Identity };
            Sight.Change(declaration.Identity);
            foreach (Connection connection in _connections)
            {
                uint? domid = connection.Credentials.Domain?.Id;
                connection.IdentifyAs(domid is null ? Credentials : new PeerCredentials { Domain = Identity with { Id = domid } });
            }

            for (int i = 0; i < _running.Count; i++)
            {
                _running[i] = _running[i] with { Domain = Identity with { Id = _running[i].Domain.Id } };
            }
        }
    }
}
