using XcpBroker.Xenstore;

namespace XcpBroker.Testing;

/// <summary>Remembers what has become of domains.</summary>
internal sealed class DomainEventLog : IDomainEvents
{
    private readonly List<string> _lines = [];

    internal string Lines => string.Join(" | ", _lines);

    internal List<DomainBoot> Boots { get; } = [];

    /// <summary>Gets the number of each domain that has booted; as a bus that confirms at once.</summary>
    internal Action<uint> Confirm { get; set; } = static _ => { };

    internal HashSet<(string Name, uint Domid)> Alive { get; } = [];

    public void Booted(DomainBoot boot)
    {
        _lines.Add($"booted {boot}");
        Boots.Add(boot);
        Alive.Add((boot.Name, boot.Domid));
        Confirm(boot.Domid);
    }

    public void Ended(string name, uint domid)
    {
        _lines.Add($"ended {name} {domid}");
        Alive.Remove((name, domid));
    }

    public void Lost(string problem) => _lines.Add($"lost: {problem}");

    public void Found() => _lines.Add("found");

    public void NotTold(string name, uint domid, string problem) => _lines.Add($"not told {name} {domid} {problem}");
}
