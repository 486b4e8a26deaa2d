using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Matching;

/// <summary>Who wants which messages: the rules of all receivers, found by what a message says.</summary>
/// <remarks>
/// The rules of a receiver are a multiset: one that was added twice and removed once still matches, and delivers once.
/// Adding and removing cost O(keys of the rule), whoever else has the same rule; a receiver's leaving costs that for each of its rules.
/// A rule that names a well-known sender is found by the sender's names of the moment, so a change of owner changes nothing here.
/// Not for several threads, and not to be changed while <see cref="Collect(in MatchSubject, List{T})"/> runs.
/// </remarks>
internal sealed class MatchIndex<T>
    where T : class
{
    private readonly MatchTree<T> _tree = new();
    private readonly SubscriptionTable<T> _subscriptions = new();
    private readonly Dictionary<T, ReceiverRules<T>> _receivers = new(ReferenceEqualityComparer.Instance);
    private readonly MatchCollector<T> _collector;

    internal MatchIndex() => _collector = new MatchCollector<T>(_tree);

    /// <summary>Rules of all receivers, each as often as it was added.</summary>
    internal int Count { get; private set; }

    /// <summary>The highest <see cref="Count"/> so far.</summary>
    internal int PeakCount { get; private set; }

    /// <summary>The highest <see cref="CountOf"/> of any receiver so far.</summary>
    internal int PeakCountPerReceiver { get; private set; }

    /// <summary>Changes with each rule added or removed.</summary>
    internal ulong Generation { get; private set; }

    /// <summary>True when there is no rule and no receiver is remembered.</summary>
    internal bool IsEmpty => _receivers.Count == 0 && _tree.IsEmpty;

    /// <summary>Adds a rule, once more if the receiver has it.</summary>
    internal void Add(MatchRule rule, T receiver)
    {
        if (!_receivers.TryGetValue(receiver, out ReceiverRules<T>? rules))
        {
            rules = new ReceiverRules<T>(receiver);
            _receivers.Add(receiver, rules);
        }

        MatchNode<T> node = _tree.FindOrAdd(rule);
        Subscription<T>? subscription = _subscriptions.Find(node, rules);
        if (subscription is null)
        {
            subscription = _subscriptions.Add(node, rules);
            node.AddReceiver(subscription);
            rules.Append(subscription);
        }

        subscription.Times++;
        rules.CountOneMore();
        Generation++;
        PeakCount = Math.Max(PeakCount, ++Count);
        PeakCountPerReceiver = Math.Max(PeakCountPerReceiver, rules.Count);
    }

    /// <summary>Takes back one of the times that the rule was added.</summary>
    /// <returns>False if the receiver has no such rule.</returns>
    internal bool Remove(MatchRule rule, T receiver)
    {
        if (!_receivers.TryGetValue(receiver, out ReceiverRules<T>? rules)
            || _tree.Find(rule) is not { } node
            || _subscriptions.Find(node, rules) is not { } subscription)
        {
            return false;
        }

        rules.CountFewer(1);
        Count--;
        Generation++;
        if (--subscription.Times == 0)
        {
            Forget(subscription);
        }

        return true;
    }

    /// <summary>Takes back all rules of a receiver and forgets it; who has a receiver added must call this when it goes.</summary>
    internal void RemoveAll(T receiver)
    {
        if (!_receivers.Remove(receiver, out ReceiverRules<T>? rules))
        {
            return;
        }

        Count -= rules.Count;
        Generation++;
        while (rules.First is { } subscription)
        {
            Forget(subscription);
        }
    }

    /// <summary>Rules of the receiver, each as often as it was added.</summary>
    internal int CountOf(T receiver) => _receivers.TryGetValue(receiver, out ReceiverRules<T>? rules) ? rules.Count : 0;

    /// <summary>The highest <see cref="CountOf"/> since the receiver's first rule; 0 after <see cref="RemoveAll"/>.</summary>
    internal int PeakCountOf(T receiver) => _receivers.TryGetValue(receiver, out ReceiverRules<T>? rules) ? rules.PeakCount : 0;

    /// <summary>The receiver's rules in the order in which it first added them, each with the number of times.</summary>
    internal IEnumerable<(MatchRule Rule, int Times)> RulesOf(T receiver)
    {
        for (Subscription<T>? next = _receivers.GetValueOrDefault(receiver)?.First; next is not null; next = next.Later)
        {
            yield return (next.Node.Rule!, next.Times);
        }
    }

    /// <summary>Appends each receiver that has a matching rule, once. Appends only: it is for the caller to clear the list.</summary>
    /// <returns>The work done: look-ups, and receivers visited.</returns>
    internal int Collect(in MatchSubject subject, List<T> receivers) => _collector.Collect(subject, receivers, null);

    /// <summary>The same, and the memory knows afterwards where the header was found.</summary>
    /// <param name="subject">The message.</param>
    /// <param name="receivers">Where those found are appended.</param>
    /// <param name="memory">Of this header of this sender.</param>
    /// <param name="names">Generation of the names that the subject was made with.</param>
    internal int Collect(in MatchSubject subject, List<T> receivers, MatchMemory<T> memory, ulong names)
    {
        memory.Begin(_tree.Shape, names);
        return _collector.Collect(subject, receivers, memory);
    }

    /// <summary>What <see cref="Collect(in MatchSubject, List{T})"/> does, if the memory still knows where the header is found.</summary>
    /// <param name="memory">Of this header of this sender.</param>
    /// <param name="names">Generation of the names, now.</param>
    /// <param name="receivers">Where those found are appended.</param>
    /// <param name="hasArguments">Whether rules that go on with arguments have been reached: <see cref="CollectArguments"/> has to follow.</param>
    /// <returns>The work done; 0: the memory does not know, and nothing is done.</returns>
    internal int CollectAgain(MatchMemory<T> memory, ulong names, List<T> receivers, out bool hasArguments)
    {
        hasArguments = false;
        return memory.Holds(_tree.Shape, names) ? _collector.CollectAgain(memory, receivers, out hasArguments) : 0;
    }

    /// <summary>The rest of <see cref="CollectAgain"/>, and its work.</summary>
    internal int CollectArguments(BodyArguments arguments, List<T> receivers) => _collector.CollectArguments(arguments, receivers);

    private void Forget(Subscription<T> subscription)
    {
        _subscriptions.Remove(subscription);
        subscription.Owner.Remove(subscription);
        subscription.Node.RemoveReceiver(subscription);
        _tree.Prune(subscription.Node);
    }
}
