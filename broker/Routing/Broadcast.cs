using XcpBroker.Connections;
using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Quotas;

namespace XcpBroker.Routing;

/// <summary>Sends a signal to every connection with a rule that matches it and a policy that lets it, one copy each.</summary>
internal sealed class Broadcast(MatchIndex<Connection> rules, SubjectMaker subjects, Delivery delivery, PolicyGate gate)
{
    private readonly List<Connection> _receivers = [];

    /// <param name="message">The signal.</param>
    /// <param name="kind">What it is charged as.</param>
    /// <param name="who">Who may have it besides what the policy says; null: everybody.</param>
    /// <returns>Work done: look-ups and deliveries.</returns>
    internal int Send(in RoutedMessage message, ChargeKind kind, Predicate<Connection>? who = null)
    {
        MatchSubject subject = subjects.Make(message, null);
        int cost = rules.Collect(subject, _receivers);
        foreach (Connection receiver in _receivers)
        {
            if (who?.Invoke(receiver) != false && gate.MayHaveCopy(message, receiver, isEavesdropping: false))
            {
                delivery.DeliverBroadcast(receiver, message, kind);
            }
        }

        cost += _receivers.Count;
        _receivers.Clear();
        return cost;
    }
}
