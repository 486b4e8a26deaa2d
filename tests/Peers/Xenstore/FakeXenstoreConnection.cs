using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Peers.Xenstore;

/// <summary>One connection to a <see cref="FakeXenstore"/>.</summary>
public sealed class FakeXenstoreConnection : IDisposable
{
    private const int MaxPayload = 4096;

    private readonly FakeXenstore _store;
    private readonly uint _domid;
    private readonly Action<byte[]> _receive;
    private readonly List<(string Path, string Token, bool IsRelative)> _watches = [];
    private readonly Dictionary<uint, Transaction> _transactions = [];
    private byte[] _received = [];
    private uint _lastTransaction;

    internal FakeXenstoreConnection(FakeXenstore store, uint domid, Action<byte[]> receive)
    {
        _store = store;
        _domid = domid;
        _receive = receive;
    }

    private string Home => string.Create(CultureInfo.InvariantCulture, $"/local/domain/{_domid}");

    /// <summary>Bytes of the client; whole requests are answered at once.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        _received = [.. _received, .. bytes];
        while (_received.Length >= 16 && Number(3) is { } length && _received.Length >= 16 + length)
        {
            (uint type, uint request, uint transaction) = (Number(0), Number(1), Number(2));
            string payload = StrictUtf8.Instance.GetString(_received, 16, (int)length);
            _received = _received[(16 + (int)length)..];
            _store.Before?.Invoke(type, payload);
            _ = _store.Locked(() =>
            {
                Answer(type, request, transaction, payload);
                return 0;
            });
        }
    }

    /// <summary>The client has gone.</summary>
    public void Dispose() => _store.Forget(this);

    internal void Fire(string path)
    {
        foreach ((string watched, string token, bool isRelative) in _watches.ToArray())
        {
            if (watched == path || path.StartsWith(watched + "/", StringComparison.Ordinal) || watched.StartsWith(path + "/", StringComparison.Ordinal))
            {
                string seen = watched.StartsWith(path, StringComparison.Ordinal) ? watched : path;
                Tell(isRelative ? seen[(Home.Length + 1)..] : seen, token);
            }
        }
    }

    private void Tell(string path, string token) => _receive(FakeXenstore.Packet(15, 0, 0, FakeXenstore.Texts(path, token)));

    private uint Number(int index) => BinaryPrimitives.ReadUInt32LittleEndian(_received.AsSpan(4 * index));

    private void Answer(uint type, uint request, uint transaction, string payload)
    {
        string[] words = payload.Split('\0');
        string path = words[0].StartsWith('/') || words[0].StartsWith('@') ? words[0] : $"{Home}/{words[0]}";
        Transaction? inside = null;
        bool isKnown = transaction == 0 || _transactions.TryGetValue(transaction, out inside);
        string[] rest = words[1..];
        (string? error, byte[] answer) = payload.Length > MaxPayload ? ("E2BIG", [])
            : !isKnown ? ("ENOENT", [])
            : type switch
            {
                1 => List(inside, path),
                2 => Read(inside, path),
                3 => Permissions(inside, path),
                4 => Watch(path, words[1], !words[0].StartsWith('/') && !words[0].StartsWith('@')),
                5 => Unwatch(path, words[1]),
                6 => Start(),
                7 => End(transaction, inside, words[0]),
                10 => (null, FakeXenstore.Texts($"/local/domain/{words[0]}")),
                11 => Change(inside, path, nodes => Put(nodes, path, payload[(words[0].Length + 1)..])),
                12 => Change(inside, path, nodes => nodes.ContainsKey(path) ? nodes : Put(nodes, path, "")),
                13 => Change(inside, path, nodes => FakeXenstore.Without(nodes, path)),
                14 => Change(inside, path, nodes => nodes.SetItem(path, nodes[path] with { Permissions = [.. rest.Where(word => word.Length > 0)] }), mustExist: true),
                17 => (null, FakeXenstore.Texts(_store.IsIntroduced(uint.Parse(words[0], CultureInfo.InvariantCulture)) ? "T" : "F")),
                22 => ListPart(inside, path, int.Parse(words[1], CultureInfo.InvariantCulture)),
                _ => ("ENOSYS", []),
            };
        _receive(error is null
            ? FakeXenstore.Packet(type, request, transaction, answer)
            : FakeXenstore.Packet(16, request, transaction, FakeXenstore.Texts(error)));
        if (type == 4 && error is null)
        {
            Tell(words[0], words[1]);
        }
    }

    private ImmutableSortedDictionary<string, FakeNode> Seen(Transaction? inside) => inside?.Nodes ?? _store.Nodes;

    private bool May(FakeNode node, char wanted)
    {
        string own = _domid.ToString(CultureInfo.InvariantCulture);
        if (_domid == 0 || node.Permissions[0][1..] == own)
        {
            return true;
        }

        string entry = node.Permissions.Skip(1).FirstOrDefault(permission => permission[1..] == own) ?? node.Permissions[0];
        return entry[0] == wanted || entry[0] == 'b';
    }

    private (string? Error, byte[] Answer) Read(Transaction? inside, string path) =>
        !Seen(inside).TryGetValue(path, out FakeNode? node) ? (HidesFrom(inside, path) ? "EACCES" : "ENOENT", [])
        : May(node, 'r') ? (null, StrictUtf8.Instance.GetBytes(node.Value))
        : ("EACCES", []);

    // Of what is below a node that it may not read, nobody is told whether it is there.
    private bool HidesFrom(Transaction? inside, string path) =>
        Seen(inside).TryGetValue(FakeXenstore.Above(path), out FakeNode? above) && !May(above, 'r');

    private (string? Error, byte[] Answer) List(Transaction? inside, string path)
    {
        (string? error, _) = Read(inside, path);
        byte[] names = error is null ? Names(inside, path) : [];
        return names.Length > MaxPayload ? ("E2BIG", []) : (error, names);
    }

    private (string? Error, byte[] Answer) ListPart(Transaction? inside, string path, int offset)
    {
        (string? error, _) = Read(inside, path);
        byte[] rest = Names(inside, path)[Math.Min(offset, Names(inside, path).Length)..];
        byte[] part = rest[..(Array.LastIndexOf(rest, (byte)0, Math.Min(rest.Length, 4000) - 1) + 1)];
        return (error, [.. "7\0"u8, .. part, .. part.Length == rest.Length ? "\0"u8 : default]);
    }

    private byte[] Names(Transaction? inside, string path)
    {
        string prefix = path == "/" ? path : path + "/";
        return FakeXenstore.Texts([.. Seen(inside).Keys
            .Where(node => node.StartsWith(prefix, StringComparison.Ordinal) && node.Length > prefix.Length && !node[prefix.Length..].Contains('/'))
            .Select(node => node[prefix.Length..])]);
    }

    private (string? Error, byte[] Answer) Permissions(Transaction? inside, string path) =>
        Seen(inside).TryGetValue(path, out FakeNode? node) ? (null, FakeXenstore.Texts([.. node.Permissions])) : ("ENOENT", []);

    private (string? Error, byte[] Answer) Watch(string path, string token, bool isRelative)
    {
        if (_watches.Any(watch => watch.Path == path && watch.Token == token))
        {
            return ("EEXIST", []);
        }

        _watches.Add((path, token, isRelative));
        return (null, FakeXenstore.Texts("OK"));
    }

    private (string? Error, byte[] Answer) Unwatch(string path, string token) =>
        _watches.RemoveAll(watch => watch.Path == path && watch.Token == token) > 0 ? (null, FakeXenstore.Texts("OK")) : ("ENOENT", []);

    private (string? Error, byte[] Answer) Start()
    {
        _transactions.Add(++_lastTransaction, new Transaction(_store.Nodes));
        return (null, FakeXenstore.Texts(_lastTransaction.ToString(CultureInfo.InvariantCulture)));
    }

    // Coarser than xenstored, which lets those through that have seen nothing of what others have changed.
    private (string? Error, byte[] Answer) End(uint number, Transaction? transaction, string how)
    {
        if (transaction is null)
        {
            return ("EINVAL", []);
        }

        _ = _transactions.Remove(number);
        if (how == "T" && transaction.IsChanged)
        {
            if (!ReferenceEquals(_store.Nodes, transaction.Before))
            {
                _store.CountConflict();
                return ("EAGAIN", []);
            }

            _store.Replace(transaction.Nodes);
            _store.CountCommit();
            foreach (string path in transaction.Changed)
            {
                _store.Fire(path);
            }
        }

        return (null, FakeXenstore.Texts("OK"));
    }

    private (string? Error, byte[] Answer) Change(
        Transaction? inside, string path, Func<ImmutableSortedDictionary<string, FakeNode>, ImmutableSortedDictionary<string, FakeNode>> change, bool mustExist = false)
    {
        ImmutableSortedDictionary<string, FakeNode> nodes = Seen(inside);
        string judged = path;
        while (!nodes.ContainsKey(judged))
        {
            judged = FakeXenstore.Above(judged);
        }

        if (mustExist && judged != path)
        {
            return ("ENOENT", []);
        }

        if (!May(nodes[judged], 'w'))
        {
            return ("EACCES", []);
        }

        ImmutableSortedDictionary<string, FakeNode> changed = change(nodes);
        if (inside is null)
        {
            _store.Replace(changed, path);
        }
        else
        {
            inside.Nodes = changed;
            inside.Changed.Add(path);
        }

        return (null, FakeXenstore.Texts("OK"));
    }

    private static ImmutableSortedDictionary<string, FakeNode> Put(ImmutableSortedDictionary<string, FakeNode> nodes, string path, string value)
    {
        FakeXenstore.Put(ref nodes, path, value);
        return nodes;
    }

    private sealed class Transaction(ImmutableSortedDictionary<string, FakeNode> before)
    {
        internal ImmutableSortedDictionary<string, FakeNode> Before { get; } = before;

        internal ImmutableSortedDictionary<string, FakeNode> Nodes { get; set; } = before;

        internal List<string> Changed { get; } = [];

        internal bool IsChanged => Changed.Count > 0;
    }
}
