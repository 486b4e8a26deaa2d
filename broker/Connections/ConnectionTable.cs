using System.Buffers.Text;
using System.Text;
using XcpBroker.Names;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Connections;

/// <summary>The connections, and the unique names <c>:epoch.n</c> of those that said Hello.</summary>
/// <remarks>n counts from 0 and is never used again. Who is registered is found by n in O(1).</remarks>
internal sealed class ConnectionTable(uint epoch)
{
    private readonly Dictionary<ulong, Connection> _registered = [];
    private readonly HashSet<Connection> _all = [];
    private readonly byte[] _prefix = Encoding.ASCII.GetBytes($":{epoch}.");
    private readonly Stack<int> _freeSlots = [];
    private ulong _next;
    private int _slots;

    /// <summary>Connections before Hello.</summary>
    internal int IncompleteCount => _all.Count - _registered.Count;

    /// <summary>Connections after Hello, monitors among them.</summary>
    internal int RegisteredCount => _registered.Count;

    /// <summary>Unique names in use, those of monitors no longer among them.</summary>
    internal int NamedCount { get; private set; }

    internal IReadOnlyCollection<Connection> All => _all;

    internal IReadOnlyCollection<Connection> Registered => _registered.Values;

    internal void Add(Connection connection) => _all.Add(connection);

    /// <summary>The unique name that the next Hello gets.</summary>
    internal byte[] NextName()
    {
        Span<byte> name = stackalloc byte[40];
        _prefix.CopyTo(name);
        Utf8Formatter.TryFormat(_next, name[_prefix.Length..], out int digits);
        return name[..(_prefix.Length + digits)].ToArray();
    }

    internal void Register(Connection connection)
    {
        connection.Register(_next, NextName(), _freeSlots.TryPop(out int slot) ? slot : _slots++);
        _registered.Add(_next++, connection);
        NamedCount++;
    }

    /// <summary>A connection becomes a monitor: its unique name is nobody's any more.</summary>
    internal void Unname() => NamedCount--;

    internal void Remove(Connection connection)
    {
        _all.Remove(connection);
        NamedCount -= connection.State == ConnectionState.Active ? 1 : 0;
        if (connection.IsRegistered)
        {
            _registered.Remove(connection.Id);
            _freeSlots.Push(connection.Slot);
        }
    }

    /// <summary>The connection of a unique name, or null.</summary>
    internal Connection? Find(ReadOnlySpan<byte> uniqueName)
    {
        if (!uniqueName.StartsWith(_prefix))
        {
            return null;
        }

        ReadOnlySpan<byte> digits = uniqueName[_prefix.Length..];
        bool isCanonical = digits.Length == 1 || (digits.Length > 1 && digits[0] != (byte)'0');
        return isCanonical && Utf8Parser.TryParse(digits, out ulong id, out int parsed) && parsed == digits.Length ? Find(id) : null;
    }

    /// <summary>Who answers to a name, unique or well-known: never a monitor, nor one that is being taken apart.</summary>
    internal Connection? OwnerOf(ReadOnlySpan<byte> name, NameRegistry<Connection> names)
    {
        Connection? found = BusName.IsUnique(name) ? Find(name) : names.OwnerOf(name);
        return found is { State: ConnectionState.Active, IsDoomed: false } ? found : null;
    }

    internal Connection? Find(ulong id) => _registered.GetValueOrDefault(id);
}
