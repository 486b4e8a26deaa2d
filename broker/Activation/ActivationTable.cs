using System.Diagnostics.CodeAnalysis;
using XcpBroker.Config.Services;
using XcpBroker.Names;

namespace XcpBroker.Activation;

/// <summary>The names that can be started, and those that are being started. It remembers; it neither starts nor sends.</summary>
internal sealed class ActivationTable
{
    private readonly Dictionary<string, PendingStart> _pending = new(StringComparer.Ordinal);
    private HashSet<string>.AlternateLookup<ReadOnlySpan<byte>> _names;
    private ServiceCatalog _catalog = ServiceCatalog.Empty;

    internal ActivationTable(ServiceCatalog catalog) => Catalog = catalog;

    /// <summary>What can be started; replaced as a whole.</summary>
    internal ServiceCatalog Catalog
    {
        get => _catalog;
        set
        {
            _catalog = value;
            _names = new HashSet<string>(value.Names, BusNameComparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();
        }
    }

    /// <summary>Names that are being started.</summary>
    internal IReadOnlyCollection<PendingStart> Pending => _pending.Values;

    internal bool IsEmpty => _pending.Count == 0;

    /// <summary>Whether there is a descriptor of a name as it stands in a message; makes no string of it.</summary>
    internal bool HasDescriptor(ReadOnlySpan<byte> name) => _names.Contains(name);

    internal bool TryFind(string name, [NotNullWhen(true)] out PendingStart? start) => _pending.TryGetValue(name, out start);

    internal void Add(PendingStart start) => _pending.Add(start.Name, start);

    /// <summary>The attempt is over, either way; nothing that it still says is listened to.</summary>
    internal void Remove(PendingStart start)
    {
        _pending.Remove(start.Name);
        start.IsOver = true;
        start.Deadline.Cancel();
    }
}
