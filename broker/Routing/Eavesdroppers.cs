using System.Runtime.CompilerServices;
using XcpBroker.Connections;
using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Quotas;

namespace XcpBroker.Routing;

/// <summary>Copies of messages that are addressed to others, for those who asked for them (<c>eavesdrop='true'</c>) and whom the policy lets.</summary>
/// <remarks>Specification, "message-bus-routing-eavesdropping": deprecated, monitors are for that; dbus-daemon has it.</remarks>
internal sealed class Eavesdroppers(SubjectMaker subjects, Delivery delivery, PolicyGate gate)
{
    private readonly List<Connection> _receivers = [];

    /// <summary>The rules with that key; they are among those for broadcasts too.</summary>
    internal MatchIndex<Connection> Rules { get; } = new();

    /// <summary>Offers a message with a DESTINATION that has been allowed.</summary>
    /// <param name="message">The message.</param>
    /// <param name="addressed">Who gets it anyway; null: the bus, or nobody.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Offer(in RoutedMessage message, Connection? addressed)
    {
        if (Rules.Count > 0)
        {
            Copy(message, addressed);
        }
    }

    private void Copy(in RoutedMessage message, Connection? addressed)
    {
        if (message.Held is { } held)
        {
            if (held.WasOverheard)
            {
                return;
            }

            held.WasOverheard = true;
        }

        MatchSubject subject = subjects.Make(message, addressed);
        Rules.Collect(subject, _receivers);
        foreach (Connection receiver in _receivers)
        {
            if (receiver != addressed && gate.MayHaveCopy(message, receiver, isEavesdropping: true))
            {
                delivery.DeliverBroadcast(receiver, message, ChargeKind.Received);
            }
        }

        _receivers.Clear();
    }
}
