using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Peers.Xenstore;

/// <summary>A node of <see cref="FakeXenstore"/>.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Permissions">As on the wire: <c>n0</c>, <c>r5</c>.</param>
public sealed record FakeNode(string Value, ImmutableArray<string> Permissions);

/// <summary>A xenstored in memory: transactions that conflict, watches, permissions, domains that come and go. No socket, no thread.</summary>
/// <remarks>Written from Xen's docs/misc/xenstore.txt, and from nothing of the client under test. Any thread may use it: one at a time gets in.</remarks>
public sealed class FakeXenstore
{
    private readonly object _lock = new();
    private readonly HashSet<uint> _introduced = [0];
    private readonly List<FakeXenstoreConnection> _connections = [];
    private ImmutableSortedDictionary<string, FakeNode> _nodes =
        ImmutableSortedDictionary.Create<string, FakeNode>(StringComparer.Ordinal).Add("/", new FakeNode("", ["n0"]));

    /// <summary>Transactions that were ended with success.</summary>
    public int Commits { get; private set; }

    /// <summary>Transactions that met changes by others.</summary>
    public int Conflicts { get; private set; }

    /// <summary>Called before each request is done, with its type and payload, and in nobody's way: it may change the store.</summary>
    public Action<uint, string>? Before { get; set; }

    /// <summary>All paths that there are.</summary>
    public IReadOnlyList<string> Paths => Locked(() => _nodes.Keys.ToArray());

    internal ImmutableSortedDictionary<string, FakeNode> Nodes => _nodes;

    /// <summary>A node; null: there is none.</summary>
    public FakeNode? Find(string path) => Locked(() => _nodes.GetValueOrDefault(path));

    /// <summary>Dom0 writes.</summary>
    public void Write(string path, string value, params string[] permissions) => Locked(() =>
    {
        ImmutableSortedDictionary<string, FakeNode> nodes = _nodes;
        Put(ref nodes, path, value);
        if (permissions.Length > 0)
        {
            nodes = nodes.SetItem(path, nodes[path] with { Permissions = [.. permissions] });
        }

        Replace(nodes, path);
        return 0;
    });

    /// <summary>Dom0 removes a node and all below it.</summary>
    public void Remove(string path) => Locked(() =>
    {
        Replace(Without(_nodes, path), path);
        return 0;
    });

    /// <summary>The toolstack makes a domain.</summary>
    public void Introduce(uint domid, string uuid, string name)
    {
        string home = string.Create(CultureInfo.InvariantCulture, $"/local/domain/{domid}");
        string reader = string.Create(CultureInfo.InvariantCulture, $"r{domid}");
        Write(home, "", "n0", reader);
        Write($"{home}/vm", $"/vm/{uuid}");
        Write($"{home}/name", name);
        Write($"{home}/domid", domid.ToString(CultureInfo.InvariantCulture));
        Locked(() =>
        {
            _ = _introduced.Add(domid);
            Fire("@introduceDomain");
            return 0;
        });
    }

    /// <summary>The domain is dead, and the toolstack takes its nodes away.</summary>
    /// <param name="domid">Which.</param>
    /// <param name="isSilent">Nobody is told: as if something that comes next were told with it.</param>
    public void Release(uint domid, bool isSilent = false)
    {
        Remove(string.Create(CultureInfo.InvariantCulture, $"/local/domain/{domid}"));
        Locked(() =>
        {
            _ = _introduced.Remove(domid);
            if (!isSilent)
            {
                Fire("@releaseDomain");
            }

            return 0;
        });
    }

    /// <summary>A connection of a domain.</summary>
    /// <param name="domid">Who asks.</param>
    /// <param name="receive">Gets the packets for it, one at a time, from whatever thread causes them.</param>
    public FakeXenstoreConnection Connect(uint domid, Action<byte[]> receive) => Locked(() =>
    {
        FakeXenstoreConnection connection = new(this, domid, receive);
        _connections.Add(connection);
        return connection;
    });

    internal void Forget(FakeXenstoreConnection connection) => Locked(() => _connections.Remove(connection));

    internal bool IsIntroduced(uint domid) => _introduced.Contains(domid);

    internal void CountConflict() => Conflicts++;

    internal void CountCommit() => Commits++;

    /// <summary>Waits until the store is as it should be.</summary>
    /// <param name="isSo">Asked after each change.</param>
    /// <param name="patience">How long each change may take to come.</param>
    /// <returns>Whether it is.</returns>
    public bool WaitUntil(Func<bool> isSo, TimeSpan patience)
    {
        lock (_lock)
        {
            while (!isSo())
            {
                if (!Monitor.Wait(_lock, patience))
                {
                    return false;
                }
            }

            return true;
        }
    }

    internal T Locked<T>(Func<T> action)
    {
        lock (_lock)
        {
            return action();
        }
    }

    /// <summary>Puts other nodes in the place of all, and fires the watches of a path.</summary>
    internal void Replace(ImmutableSortedDictionary<string, FakeNode> nodes, string path)
    {
        Replace(nodes);
        Fire(path);
    }

    internal void Replace(ImmutableSortedDictionary<string, FakeNode> nodes)
    {
        _nodes = nodes;
        Monitor.PulseAll(_lock);
    }

    internal void Fire(string path)
    {
        foreach (FakeXenstoreConnection connection in _connections.ToArray())
        {
            connection.Fire(path);
        }
    }

    /// <summary>Makes a node, and those above it, whose permissions it gets.</summary>
    internal static void Put(ref ImmutableSortedDictionary<string, FakeNode> nodes, string path, string value)
    {
        if (nodes.TryGetValue(path, out FakeNode? known))
        {
            nodes = nodes.SetItem(path, known with { Value = value });
            return;
        }

        string above = Above(path);
        if (!nodes.ContainsKey(above))
        {
            Put(ref nodes, above, "");
        }

        nodes = nodes.Add(path, new FakeNode(value, nodes[above].Permissions));
    }

    internal static ImmutableSortedDictionary<string, FakeNode> Without(ImmutableSortedDictionary<string, FakeNode> nodes, string path) =>
        nodes.RemoveRange(nodes.Keys.Where(node => node == path || node.StartsWith(path + "/", StringComparison.Ordinal)).ToArray());

    internal static string Above(string path) => path.LastIndexOf('/') is > 0 and int slash ? path[..slash] : "/";

    internal static byte[] Packet(uint type, uint request, uint transaction, byte[] payload)
    {
        byte[] packet = new byte[16 + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(packet, type);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(4), request);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(8), transaction);
        BinaryPrimitives.WriteUInt32LittleEndian(packet.AsSpan(12), (uint)payload.Length);
        payload.CopyTo(packet, 16);
        return packet;
    }

    internal static byte[] Texts(params string[] texts) => StrictUtf8.Instance.GetBytes(string.Concat(texts.Select(text => text + '\0')));
}
