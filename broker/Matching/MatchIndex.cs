using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Matching;

/// <summary>Who wants which messages: the rules of all receivers.</summary>
/// <remarks>For now it looks at each rule.</remarks>
internal sealed class MatchIndex<T>(byte stampSpace = 1)
    where T : class, IMatchReceiver
{
    private readonly List<(MatchRule Rule, T Receiver)> _all = [];
    private readonly Dictionary<T, int> _peaks = [];
    private ulong _stamp = (ulong)stampSpace << 56;

    /// <summary>Rules of all receivers, each as often as it was added.</summary>
    internal int Count => _all.Count;

    /// <summary>The highest <see cref="Count"/> so far.</summary>
    internal int PeakCount { get; private set; }

    /// <summary>The highest <see cref="CountOf"/> of any receiver so far.</summary>
    internal int PeakCountPerReceiver { get; private set; }

    /// <summary>Changes with each rule added or removed.</summary>
    internal ulong Generation { get; private set; }

    internal void Add(MatchRule rule, T receiver)
    {
        _all.Add((rule, receiver));
        Generation++;
        PeakCount = Math.Max(PeakCount, Count);
        int count = CountOf(receiver);
        _peaks[receiver] = Math.Max(PeakCountOf(receiver), count);
        PeakCountPerReceiver = Math.Max(PeakCountPerReceiver, count);
    }

    /// <summary>Takes back one of the times that the rule was added.</summary>
    /// <returns>False if the receiver has no such rule.</returns>
    internal bool Remove(MatchRule rule, T receiver)
    {
        int index = _all.FindIndex(entry => entry.Receiver == receiver && entry.Rule.Equals(rule));
        if (index < 0)
        {
            return false;
        }

        _all.RemoveAt(index);
        Generation++;
        return true;
    }

    internal void RemoveAll(T receiver)
    {
        _ = _all.RemoveAll(entry => entry.Receiver == receiver);
        _ = _peaks.Remove(receiver);
        Generation++;
    }

    /// <summary>Rules of the receiver, each as often as it was added.</summary>
    internal int CountOf(T receiver) => _all.Count(entry => entry.Receiver == receiver);

    /// <summary>The highest <see cref="CountOf"/> since the receiver's first rule; 0 after <see cref="RemoveAll"/>.</summary>
    internal int PeakCountOf(T receiver) => _peaks.GetValueOrDefault(receiver);

    /// <summary>The receiver's rules in the order in which it first added them, each with the number of times.</summary>
    internal IEnumerable<(MatchRule Rule, int Times)> RulesOf(T receiver) =>
        _all.Where(entry => entry.Receiver == receiver).GroupBy(entry => entry.Rule).Select(group => (group.Key, group.Count()));

    /// <summary>Appends each receiver that has a matching rule, once. Appends only: it is for the caller to clear the list.</summary>
    /// <returns>The work done: look-ups, and rules and receivers visited.</returns>
    internal int Collect(in MatchSubject subject, List<T> receivers)
    {
        _stamp++;
        foreach ((MatchRule rule, T receiver) in _all)
        {
            if (receiver.MatchStamp != _stamp && rule.Matches(subject))
            {
                receiver.MatchStamp = _stamp;
                receivers.Add(receiver);
            }
        }

        return _all.Count;
    }
}
