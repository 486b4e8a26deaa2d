using Microsoft.Extensions.Logging;
using XcpBroker.Config.Domains;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Xenstore;

namespace XcpBroker.Domains;

/// <summary>Has declared domains watched in xenstore, and brings what becomes of them to the bus: tokens that come and go, connections that end.</summary>
internal sealed class DomainBoots(DomainTable domains, Dooms dooms, ILogger log) : IDomainEvents
{
    private readonly Dictionary<string, DomainNotice> _watched = new(StringComparer.Ordinal);
    private IDomainWatch? _watch;
    private Func<string, string?> _guidOf = static _ => null;
    private XenstorePublication? _publication;

    /// <summary>Takes apart who has been doomed; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    /// <summary>From now on there is somebody who can watch.</summary>
    /// <param name="watch">Who.</param>
    /// <param name="guidOf">The GUID of the listener that an address leads to; null: nobody knows which that is.</param>
    internal void Begin(IDomainWatch watch, Func<string, string?> guidOf)
    {
        _watch = watch;
        _guidOf = guidOf;
        Refresh();
    }

    /// <summary>What the configuration says now; the domains themselves are the table's.</summary>
    internal void Apply(XenstorePublication? publication)
    {
        _publication = publication;
        Refresh();
    }

    /// <summary>Domains have been added, have changed or gone.</summary>
    internal void Refresh()
    {
        if (_watch is null)
        {
            return;
        }

        Dictionary<string, DomainNotice> wanted = new(StringComparer.Ordinal);
        foreach (BusDomain domain in _publication is null ? [] : domains.All)
        {
            wanted.Add(domain.Identity.Name, NoticeOf(domain.Declaration));
        }

        foreach (string name in _watched.Keys.Except(wanted.Keys).ToArray())
        {
            _ = _watched.Remove(name);
            _watch.Forget(name);
        }

        foreach ((string name, DomainNotice notice) in wanted)
        {
            if (!_watched.TryGetValue(name, out DomainNotice? known) || known != notice)
            {
                _watched[name] = notice;
                _watch.Watch(notice);
            }
        }
    }

    public void Booted(DomainBoot boot)
    {
        // Whoever is declared by that name now may be another one than when this was sent.
        if (domains.TryFind(boot.Name, out BusDomain? domain) && (domain.Identity.Uuid ?? boot.Uuid) == boot.Uuid)
        {
            domain.Begin(boot);
            XenstoreLog.Booted(log, boot.Name, boot.Domid, boot.Uuid);
        }

        _watch!.Confirm(boot.Domid);
    }

    public void Ended(string name, uint domid)
    {
        if (!domains.TryFind(name, out BusDomain? domain) || !domain.End(domid))
        {
            return;
        }

        // Who came by the token of another boot of it is there; of everybody else nobody knows better. If it is only watched no longer,
        // its token is gone and nothing else.
        bool isDead = _watched.ContainsKey(name);
        Connection[] gone = [.. domain.Connections.Where(connection => connection.Credentials.Domain?.Id is var id && (isDead ? !domain.IsRunning(id) : id == domid))];
        foreach (Connection connection in gone)
        {
            dooms.Doom(connection, CloseReason.DomainEnded, string.Create(null, $"{name}, domid {domid}"));
        }

        XenstoreLog.Ended(log, name, domid, gone.Length);
        TakeApartDoomed();
    }

    public void Lost(string problem) => XenstoreLog.Lost(log, problem);

    public void Found() => XenstoreLog.Found(log);

    public void NotTold(string name, uint domid, string problem) => XenstoreLog.NotTold(log, name, domid, problem);

    private DomainNotice NoticeOf(DomainDeclaration declaration)
    {
        string? address = declaration.Address ?? _publication!.Address;
        return new DomainNotice(declaration.Identity.Name, declaration.Identity.Uuid, address, address is null ? null : _guidOf(address));
    }
}
