using System.Diagnostics.CodeAnalysis;
using XcpBroker.Quotas;

namespace XcpBroker.Connections;

/// <summary>Connections that have yet to say Hello: whose they are, and which of each has been there longest.</summary>
internal sealed class IncompleteConnections
{
    private readonly Dictionary<Payer, LinkedList<Entry>> _byPayer = [];
    private readonly Dictionary<Connection, LinkedListNode<Entry>> _nodes = [];
    private ulong _next;

    internal int Count => _nodes.Count;

    internal void Add(Connection connection) => Append(new Entry(connection, connection.Payer, _next++));

    /// <summary>It has authenticated, and may be somebody else's now: of these it is the latest.</summary>
    internal void Move(Connection connection)
    {
        if (_nodes.TryGetValue(connection, out LinkedListNode<Entry>? node) && node.Value.Payer != connection.Payer)
        {
            Remove(connection);
            Append(node.Value with { Payer = connection.Payer });
        }
    }

    /// <summary>It has said Hello, or is gone.</summary>
    internal void Remove(Connection connection)
    {
        if (_nodes.Remove(connection, out LinkedListNode<Entry>? node))
        {
            LinkedList<Entry> list = node.List!;
            list.Remove(node);
            if (list.Count == 0)
            {
                _byPayer.Remove(node.Value.Payer);
            }
        }
    }

    /// <summary>The oldest of whoever has most; of two who have as many, the older one.</summary>
    internal bool TryFindOldestOfMost([NotNullWhen(true)] out Connection? oldest)
    {
        LinkedList<Entry>? most = null;
        foreach (LinkedList<Entry> list in _byPayer.Values)
        {
            if (most is null || list.Count > most.Count || (list.Count == most.Count && list.First!.Value.Number < most.First!.Value.Number))
            {
                most = list;
            }
        }

        oldest = most?.First!.Value.Connection;
        return oldest is not null;
    }

    private void Append(Entry entry)
    {
        if (!_byPayer.TryGetValue(entry.Payer, out LinkedList<Entry>? list))
        {
            _byPayer.Add(entry.Payer, list = []);
        }

        _nodes.Add(entry.Connection, list.AddLast(entry));
    }

    private readonly record struct Entry(Connection Connection, Payer Payer, ulong Number);
}
