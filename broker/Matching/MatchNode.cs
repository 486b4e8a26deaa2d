using System.Numerics;

namespace XcpBroker.Matching;

/// <summary>A node of the tree of rules: what a rule says, as far as the way from the root tells it.</summary>
/// <remarks>A node lives as long as a rule ends here (then it has receivers) or goes on below.</remarks>
internal sealed class MatchNode<T>(MatchNodeKey<T> key, uint hash) : Chained<MatchNode<T>>(hash)
    where T : class
{
    private NodeReceiver<T>[] _receivers = [];
    private SelectorUse[] _uses = [];
    private int _useCount;

    internal MatchNodeKey<T> Key { get; } = key;

    /// <summary>The rule that ends here, while somebody has it.</summary>
    internal Protocol.MatchRules.MatchRule? Rule { get; set; }

    internal int ReceiverCount { get; private set; }

    internal ReadOnlySpan<NodeReceiver<T>> Receivers => _receivers.AsSpan(0, ReceiverCount);

    /// <summary>The kinds of steps that lead on from here.</summary>
    internal Span<SelectorUse> Uses => _uses.AsSpan(0, _useCount);

    internal bool IsEmpty => ReceiverCount == 0 && _useCount == 0;

    internal void AddReceiver(Subscription<T> subscription)
    {
        if (ReceiverCount == _receivers.Length)
        {
            Array.Resize(ref _receivers, Math.Max(1, ReceiverCount * 2));
        }

        subscription.Position = ReceiverCount;
        _receivers[ReceiverCount++] = new NodeReceiver<T>(subscription.Owner, subscription);
    }

    internal void RemoveReceiver(Subscription<T> subscription)
    {
        NodeReceiver<T> last = _receivers[--ReceiverCount];
        _receivers[subscription.Position] = last;
        last.Subscription.Position = subscription.Position;
        _receivers[ReceiverCount] = default; // beyond ReceiverCount nothing is read
        if (ReceiverCount < _receivers.Length / 4)
        {
            Array.Resize(ref _receivers, ReceiverCount * 2);
        }
    }

    internal void AddChild(MatchNode<T> child)
    {
        int index = IndexOfUse(child.Key.Selector);
        if (index < 0)
        {
            if (_useCount == _uses.Length)
            {
                Array.Resize(ref _uses, Math.Max(1, _useCount * 2));
            }

            index = _useCount++;
            _uses[index] = new SelectorUse(child.Key.Selector);
        }

        _uses[index].Add(child.Key.First);
    }

    internal void RemoveChild(MatchNode<T> child)
    {
        int index = IndexOfUse(child.Key.Selector);
        if (!_uses[index].Remove(child.Key.First))
        {
            _uses[index] = _uses[--_useCount];
            _uses[_useCount] = default;
        }
    }

    private int IndexOfUse(Selector selector)
    {
        int index = _useCount - 1;
        while (index >= 0 && _uses[index].Selector != selector)
        {
            index--;
        }

        return index;
    }
}

/// <summary>Where a node stands. First is the sender, the interface or the argument's value; the others are for header fields only.</summary>
internal readonly record struct MatchNodeKey<T>(
    MatchNode<T>? Parent, Selector Selector, Symbol? First, Symbol? Member = null, Symbol? Path = null, Symbol? Destination = null)
    where T : class
{
    internal bool Is(in MatchNodeKey<T> other) =>
        Parent == other.Parent && Selector == other.Selector && First == other.First
        && Member == other.Member && Path == other.Path && Destination == other.Destination;

    /// <summary>Mixes hashes that are secret already, so that the mixing need not be.</summary>
    internal uint Hash()
    {
        uint hash = Mix(Parent?.Hash ?? 0, Selector.Value);
        hash = Mix(hash, First?.Hash ?? 0);
        hash = Mix(hash, Member?.Hash ?? 0);
        hash = Mix(hash, Path?.Hash ?? 0);
        hash = Mix(hash, Destination?.Hash ?? 0);
        return hash ^ (hash >> 15);
    }

    private static uint Mix(uint hash, uint next) => (BitOperations.RotateLeft(hash, 13) ^ next) * 0x9E3779B1;
}

/// <summary>How many children of a node are found by one kind of step.</summary>
internal struct SelectorUse(Selector selector)
{
    private int _children;

    internal Selector Selector { get; } = selector;

    /// <summary>The children's values in order, for argNpath only: there a message's directory finds the rules below it.</summary>
    internal SortedSymbols? Sorted { get; private set; }

    internal void Add(Symbol? value)
    {
        _children++;
        if (Selector.IsArgumentPath)
        {
            Sorted ??= new SortedSymbols();
            Sorted.Add(value!);
        }
    }

    /// <returns>False if it was the last.</returns>
    internal bool Remove(Symbol? value)
    {
        Sorted?.Remove(value!);
        return --_children > 0;
    }
}
