using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Quotas;

namespace XcpBroker.Routing;

/// <summary>Sends a signal to every connection with a rule that matches it and a policy that lets it, one copy each.</summary>
internal sealed class Broadcast(MatchIndex<Connection> rules, SubjectMaker subjects, Delivery delivery, PolicyGate gate)
{
    private readonly Stack<List<Connection>> _lists = new([[], []]);

    /// <summary>Tells a domain of a peer whose message it is about to get; set once by Composition.</summary>
    internal required Action<DomainSight, Connection> Introduce { get; init; }

    /// <param name="message">The signal.</param>
    /// <param name="kind">What it is charged as.</param>
    /// <param name="who">Who may have it besides what the policy says; null: everybody.</param>
    /// <returns>Work done: look-ups and deliveries.</returns>
    internal int Send(in RoutedMessage message, ChargeKind kind, Predicate<Connection>? who = null)
    {
        // Whoever is introduced meanwhile is so by a broadcast within this one, and within that there is none.
        List<Connection> receivers = _lists.Pop();
        MatchSubject subject = subjects.Make(message, null);
        int cost = rules.Collect(subject, receivers);
        foreach (Connection receiver in receivers)
        {
            if (who?.Invoke(receiver) != false && gate.MayHaveCopy(message, receiver, isEavesdropping: false))
            {
                if (receiver.Sight is { } sight && message.Sender is { } sender && sender != receiver && !sight.HasMet(sender))
                {
                    Introduce(sight, sender);
                }

                delivery.DeliverBroadcast(receiver, message, kind);
            }
        }

        cost += receivers.Count;
        receivers.Clear();
        _lists.Push(receivers);
        return cost;
    }
}
