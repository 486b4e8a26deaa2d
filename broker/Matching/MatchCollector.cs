using System.Runtime.InteropServices;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Matching;

/// <summary>Walks the tree of rules with one message at a time. Its lists are kept, so that a walk allocates nothing.</summary>
internal sealed class MatchCollector<T>
    where T : class
{
    private readonly MatchTree<T> _tree;
    private readonly ArgumentSymbols _arguments;
    private readonly List<Symbol> _senders = [];
    private readonly List<Symbol> _destinations = [];
    private readonly List<Symbol> _pathPrefixes = [];
    private readonly List<Symbol> _below = [];
    private readonly List<MatchNode<T>> _open = [];
    private Symbol? _interface;
    private Symbol? _member;
    private Symbol? _path;
    private MatchMemory<T>? _memory;
    private ulong _message;
    private int _cost;

    internal MatchCollector(MatchTree<T> tree)
    {
        _tree = tree;
        _arguments = new ArgumentSymbols(tree.Symbols);
    }

    /// <param name="subject">The message.</param>
    /// <param name="receivers">Where those found are appended.</param>
    /// <param name="memory">Takes down where the header is found; null: nobody wants to know.</param>
    internal int Collect(in MatchSubject subject, List<T> receivers, MatchMemory<T>? memory)
    {
        _message++;
        _cost = 1;
        _memory = memory;
        Resolve(subject);
        VisitSender(_tree.Root, subject.Type, receivers);
        foreach (Symbol sender in _senders)
        {
            _cost++;
            if (_tree.Find(new MatchNodeKey<T>(_tree.Root, Selector.Sender, sender)) is { } node)
            {
                VisitSender(node, subject.Type, receivers);
            }
        }

        _memory = null;
        if (_open.Count > 0)
        {
            VisitArguments(new BodyArguments(subject.Body, subject.Signature, subject.IsBigEndian), receivers);
        }

        return _cost;
    }

    /// <summary>The same for a header of which it is known where it is found, but for what rules say of arguments.</summary>
    /// <param name="memory">Where it is found.</param>
    /// <param name="receivers">Where those found are appended.</param>
    /// <param name="hasArguments">Whether there are such rules: <see cref="CollectArguments"/> has to follow.</param>
    internal int CollectAgain(MatchMemory<T> memory, List<T> receivers, out bool hasArguments)
    {
        _message++;
        _cost = 1;
        foreach (MatchNode<T>? node in memory.Nodes)
        {
            Visit(node!, receivers);
        }

        hasArguments = _open.Count > 0;
        return _cost;
    }

    internal int CollectArguments(BodyArguments arguments, List<T> receivers)
    {
        int before = _cost;
        VisitArguments(arguments, receivers);
        return _cost - before;
    }

    /// <summary>Turns what the message says into symbols; what no rule names is null or left out.</summary>
    private void Resolve(in MatchSubject subject)
    {
        SymbolTable symbols = _tree.Symbols;
        _interface = FindField(subject.Interface);
        _member = FindField(subject.Member);
        _path = FindField(subject.Path);
        _pathPrefixes.Clear();
        if (_tree.PathNamespaceCount > 0 && !subject.Path.IsEmpty)
        {
            _cost += ValuePrefixes.CollectPathNamespaces(symbols, subject.Path, _pathPrefixes);
        }

        CollectNames(subject.Sender, subject.SenderNames, _tree.SenderNames, _senders);
        CollectNames(subject.Recipient, subject.RecipientNames, _tree.DestinationNames, _destinations);
        if (FindField(subject.Destination) is { } destination && !_destinations.Contains(destination))
        {
            _destinations.Add(destination);
        }
    }

    private Symbol? FindField(ReadOnlySpan<byte> value) => value.IsEmpty ? null : _tree.Symbols.Find(value);

    private void CollectNames(ReadOnlySpan<byte> uniqueName, IReadOnlyList<string>? owned, NamesInUse inUse, List<Symbol> found)
    {
        found.Clear();
        if (FindField(uniqueName) is { } symbol)
        {
            found.Add(symbol);
        }

        _cost += inUse.Collect(owned, found);
    }

    private void VisitSender(MatchNode<T> node, MessageType type, List<T> receivers)
    {
        foreach (ref SelectorUse use in node.Uses)
        {
            Selector selector = use.Selector;
            if (!selector.IsSender && (selector.Type == MessageType.Invalid || selector.Type == type)
                && (!selector.NamesInterface || _interface is not null)
                && (!selector.NamesMember || _member is not null))
            {
                VisitFields(node, selector, receivers);
            }
        }
    }

    private void VisitFields(MatchNode<T> parent, Selector selector, List<T> receivers)
    {
        if (selector.NamesPathNamespace)
        {
            foreach (Symbol prefix in _pathPrefixes)
            {
                VisitPath(parent, selector, prefix, receivers);
            }
        }
        else if (!selector.NamesPath || _path is not null)
        {
            VisitPath(parent, selector, selector.NamesPath ? _path : null, receivers);
        }
    }

    private void VisitPath(MatchNode<T> parent, Selector selector, Symbol? path, List<T> receivers)
    {
        MatchNodeKey<T> key = new(
            parent, selector, selector.NamesInterface ? _interface : null, selector.NamesMember ? _member : null, path);
        if (!selector.NamesDestination)
        {
            Visit(key, receivers);
            return;
        }

        foreach (Symbol destination in _destinations)
        {
            Visit(key with { Destination = destination }, receivers);
        }
    }

    private void Visit(in MatchNodeKey<T> key, List<T> receivers)
    {
        _cost++;
        if (_tree.Find(key) is { } node)
        {
            Visit(node, receivers);
        }
    }

    private void Visit(MatchNode<T> node, List<T> receivers)
    {
        _memory?.Add(node);
        _cost += node.ReceiverCount;
        int count = receivers.Count;

        // Room for all of them at once: each Add would look anew whether there is some, and whether it is of the right type.
        CollectionsMarshal.SetCount(receivers, count + node.ReceiverCount);
        Span<T> found = CollectionsMarshal.AsSpan(receivers);
        foreach (ref readonly NodeReceiver<T> entry in node.Receivers)
        {
            ReceiverRules<T> owner = entry.Owner;
            if (owner.FoundFor != _message)
            {
                owner.FoundFor = _message;
                found[count++] = owner.Receiver;
            }
        }

        if (count < receivers.Count)
        {
            CollectionsMarshal.SetCount(receivers, count);
        }

        if (!node.Uses.IsEmpty)
        {
            _open.Add(node);
        }
    }

    /// <summary>Goes on from the nodes whose header fields matched and that have rules about arguments below them.</summary>
    private void VisitArguments(BodyArguments arguments, List<T> receivers)
    {
        _arguments.Begin();
        while (_open.Count > 0)
        {
            MatchNode<T> node = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            _cost += node.Uses.Length;
            foreach (ref SelectorUse use in node.Uses)
            {
                if (arguments.TryGet(use.Selector.ArgumentIndex, out byte type, out ReadOnlySpan<byte> value)
                    && (type == WireType.String || (type == WireType.ObjectPath && use.Selector.IsArgumentPath)))
                {
                    VisitArgument(node, use, value, receivers);
                }
            }
        }

        _cost += _arguments.Lookups;
    }

    private void VisitArgument(MatchNode<T> parent, in SelectorUse use, ReadOnlySpan<byte> value, List<T> receivers)
    {
        int index = use.Selector.ArgumentIndex;
        switch (use.Selector.ArgumentKind)
        {
            case ArgumentMatchKind.Exact:
                if (_arguments.Equal(index, value) is { } equal)
                {
                    Visit(new MatchNodeKey<T>(parent, use.Selector, equal), receivers);
                }

                break;
            case ArgumentMatchKind.Namespace:
                VisitEach(parent, use.Selector, _arguments.Namespaces(value), receivers);
                break;
            default:
                VisitEach(parent, use.Selector, _arguments.Directories(index, value), receivers);
                if (value.EndsWith("/"u8))
                {
                    _below.Clear();
                    use.Sorted!.CollectBelow(value, _below);
                    VisitEach(parent, use.Selector, CollectionsMarshal.AsSpan(_below), receivers);
                }

                break;
        }
    }

    private void VisitEach(MatchNode<T> parent, Selector selector, ReadOnlySpan<Symbol> values, List<T> receivers)
    {
        foreach (Symbol value in values)
        {
            Visit(new MatchNodeKey<T>(parent, selector, value), receivers);
        }
    }
}
