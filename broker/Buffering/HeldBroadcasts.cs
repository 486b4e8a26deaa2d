using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Signals for all that are held for declared names while these are away (X-XCP-Subscribe=).</summary>
/// <remarks>The rules of a name are in force while nobody owns it: who owns it has match rules of its own.</remarks>
internal sealed class HeldBroadcasts(SubjectMaker subjects)
{
    private readonly MatchIndex<NameBuffer> _rules = new();
    private readonly List<NameBuffer> _found = [];

    /// <summary>Nobody who is away wants any: asked for every signal that is for all.</summary>
    internal bool IsEmpty => _rules.Count == 0;

    /// <summary>Makes a signal wait for a name; set once by Composition.</summary>
    internal required HoldBroadcast Hold { get; init; }

    /// <summary>A name has an owner now, or none, or other rules.</summary>
    internal void Change(NameBuffer buffer, bool isAway)
    {
        _rules.RemoveAll(buffer);
        if (isAway && !buffer.IsWithdrawn)
        {
            foreach (MatchRule rule in buffer.Declaration.Subscriptions)
            {
                _rules.Add(rule, buffer);
            }
        }
    }

    /// <summary>A peer's signal that is for all.</summary>
    /// <returns>Work done: look-ups, and names that it is held for.</returns>
    internal int Offer(in RoutedMessage signal)
    {
        int cost = _rules.Collect(subjects.Make(signal, null), _found);
        cost += _found.Count;
        foreach (NameBuffer buffer in _found)
        {
            Hold(buffer, signal);
        }

        _found.Clear();
        return cost;
    }

    /// <summary>The name of an owner that a signal, which it had not been sent, was held for; null: none.</summary>
    internal NameBuffer? FindName(in RoutedMessage signal, IEnumerable<NameBuffer> owned)
    {
        foreach (NameBuffer buffer in owned)
        {
            foreach (MatchRule rule in buffer.Declaration.Subscriptions)
            {
                if (rule.Matches(subjects.Make(signal, null)))
                {
                    return buffer;
                }
            }
        }

        return null;
    }
}

/// <summary>Makes a signal wait for the owner of a name.</summary>
internal delegate void HoldBroadcast(NameBuffer buffer, in RoutedMessage signal);
