using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Matching;

/// <summary>All rules as one tree: from the root by sender (if named), by type and header fields at once, then argument by argument.</summary>
/// <remarks>
/// Two equal rules are the same node. Each step is one hash look-up, so a message finds its rules without seeing others,
/// but for the kinds of steps in use at a node, of which there are at most 240 for the fields and 129 for the arguments.
/// </remarks>
internal sealed class MatchTree<T>
    where T : class
{
    private readonly ChainedTable<MatchNode<T>> _nodes = new();

    internal MatchTree()
    {
        SenderNames = new NamesInUse(Symbols);
        DestinationNames = new NamesInUse(Symbols);
    }

    internal MatchNode<T> Root { get; } = new(default, 0);

    internal SymbolTable Symbols { get; } = new();

    internal NamesInUse SenderNames { get; }

    internal NamesInUse DestinationNames { get; }

    /// <summary>Nodes that name a path_namespace.</summary>
    internal int PathNamespaceCount { get; private set; }

    /// <summary>Changes with each node that comes. One that has gone leads to nobody any more.</summary>
    internal ulong Shape { get; private set; }

    internal bool IsEmpty => _nodes.Count == 0 && Symbols.Count == 0;

    internal MatchNode<T>? Find(in MatchNodeKey<T> key)
    {
        uint hash = key.Hash();
        MatchNode<T>? node = _nodes.ChainOf(hash);
        while (node is not null && (node.Hash != hash || !node.Key.Is(key)))
        {
            node = node.NextInChain;
        }

        return node;
    }

    /// <summary>The rule's node, or null if nobody has the rule.</summary>
    internal MatchNode<T>? Find(MatchRule rule)
    {
        MatchNode<T>? node = Root;
        if (!rule.Sender.IsEmpty)
        {
            node = TryFind(rule.Sender, out Symbol? sender) ? Find(new MatchNodeKey<T>(node, Selector.Sender, sender)) : null;
        }

        node = node is not null
            && TryFind(rule.Interface, out Symbol? @interface)
            && TryFind(rule.Member, out Symbol? member)
            && TryFind(rule.Path, out Symbol? path)
            && TryFind(rule.Destination, out Symbol? destination)
                ? Find(new MatchNodeKey<T>(node, Selector.ForFields(rule), @interface, member, path, destination))
                : null;
        foreach (ref readonly ArgumentMatch argument in rule.Arguments)
        {
            node = node is not null && Symbols.Find(rule.ValueOf(argument)) is { } value
                ? Find(new MatchNodeKey<T>(node, Selector.ForArgument(argument), value))
                : null;
        }

        return node is { Rule: not null } ? node : null;
    }

    /// <summary>The rule's node, which is the caller's to fill; an empty one must go to <see cref="Prune"/>.</summary>
    internal MatchNode<T> FindOrAdd(MatchRule rule)
    {
        MatchNode<T> node = Root;
        if (!rule.Sender.IsEmpty)
        {
            node = FindOrAdd(new MatchNodeKey<T>(node, Selector.Sender, Acquire(rule.Sender)));
        }

        node = FindOrAdd(new MatchNodeKey<T>(
            node,
            Selector.ForFields(rule),
            Acquire(rule.Interface),
            Acquire(rule.Member),
            Acquire(rule.Path),
            Acquire(rule.Destination)));
        foreach (ref readonly ArgumentMatch argument in rule.Arguments)
        {
            node = FindOrAdd(new MatchNodeKey<T>(node, Selector.ForArgument(argument), Symbols.Acquire(rule.ValueOf(argument))));
        }

        node.Rule ??= rule;
        return node;
    }

    /// <summary>Takes a node out that nobody needs any more, and those above it that stood for it alone.</summary>
    internal void Prune(MatchNode<T> node)
    {
        if (node.ReceiverCount == 0)
        {
            node.Rule = null;
        }

        while (node.IsEmpty && node != Root)
        {
            MatchNode<T> parent = node.Key.Parent!;
            _nodes.Remove(node);
            parent.RemoveChild(node);
            Release(node.Key);
            node = parent;
        }
    }

    private MatchNode<T> FindOrAdd(in MatchNodeKey<T> key)
    {
        if (Find(key) is { } existing)
        {
            ReleaseSymbols(key);
            return existing;
        }

        Shape++;
        MatchNode<T> node = new(key, key.Hash());
        _nodes.Add(node);
        key.Parent!.AddChild(node);
        if (key.Selector.IsSender)
        {
            SenderNames.Add(key.First!);
        }

        if (key.Destination is { } destination)
        {
            DestinationNames.Add(destination);
        }

        PathNamespaceCount += key.Selector.NamesPathNamespace ? 1 : 0;
        return node;
    }

    private void Release(in MatchNodeKey<T> key)
    {
        PathNamespaceCount -= key.Selector.NamesPathNamespace ? 1 : 0;
        if (key.Destination is { } destination)
        {
            DestinationNames.Remove(destination);
        }

        if (key.Selector.IsSender)
        {
            SenderNames.Remove(key.First!);
        }

        ReleaseSymbols(key);
    }

    private void ReleaseSymbols(in MatchNodeKey<T> key)
    {
        Symbols.Release(key.First);
        Symbols.Release(key.Member);
        Symbols.Release(key.Path);
        Symbols.Release(key.Destination);
    }

    private Symbol? Acquire(ReadOnlySpan<byte> field) => field.IsEmpty ? null : Symbols.Acquire(field);

    private bool TryFind(ReadOnlySpan<byte> field, out Symbol? symbol)
    {
        symbol = field.IsEmpty ? null : Symbols.Find(field);
        return field.IsEmpty || symbol is not null;
    }
}
