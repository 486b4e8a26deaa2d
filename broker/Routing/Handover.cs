using XcpBroker.Auth.Policy;
using XcpBroker.Buffering;
using XcpBroker.Connections;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;
using XcpBroker.Quotas;

namespace XcpBroker.Routing;

/// <summary>Gives a message that may pass to its one receiver; if that cannot be, its sender is told, or it is counted.</summary>
internal sealed class Handover(
    PendingReplies replies,
    Delivery delivery,
    Eavesdroppers eavesdroppers,
    PolicyGate gate,
    BusMessages bus,
    ReplyTimeouts timeouts,
    DropLog drops,
    BrokerCounters counters,
    SequencedNames sequenced,
    LimitsInForce limits)
{
    /// <summary>A call: answers are passed on from now on, if one is wanted.</summary>
    internal void Call(in RoutedMessage message, Connection receiver)
    {
        Connection sender = message.Sender!;
        uint serial = message.Header.Serial;
        if (message.ExpectsReply)
        {
            if (replies.CountOf(sender.Replies) >= limits.Current.MaxRepliesPerConnection)
            {
                bus.SendError(message, DBusError.LimitsExceeded(
                    $"Unanswered calls of {sender.UniqueNameText}", "max_replies_per_connection", limits.Current.MaxRepliesPerConnection));
                return;
            }

            if (sender.Domain is { } domain && domain.Calls.Count >= domain.Limits.MaxReplies)
            {
                bus.SendError(message, DBusError.LimitsExceeded($"Unanswered calls of domain {domain.Identity}", "max_replies", domain.Limits.MaxReplies));
                return;
            }

            if (!replies.TryAdd(new PendingCall(sender.Id, receiver.Id, serial), ref sender.Replies, ref receiver.Replies, sender.Domain?.Calls))
            {
                bus.SendError(message, DBusError.SerialInUse(serial, receiver.UniqueNameText));
                return;
            }

            timeouts.Watch();
        }

        DeliveryResult result = TryGive(message, receiver);
        if (result == DeliveryResult.Queued)
        {
            return;
        }

        if (message.ExpectsReply)
        {
            replies.TryTake(new PendingCall(sender.Id, receiver.Id, serial));
        }

        Refuse(message, receiver, result);
    }

    internal void Signal(in RoutedMessage message, Connection receiver)
    {
        DeliveryResult result = TryGive(message, receiver);
        if (result != DeliveryResult.Queued)
        {
            Refuse(message, receiver, result);
        }
    }

    private DeliveryResult TryGive(in RoutedMessage message, Connection receiver)
    {
        DeliveryResult result = delivery.TryDeliver(receiver, message, ChargeKind.Sent);
        if (receiver.Given is { } given && result == DeliveryResult.Queued && !message.ExpectsReply && sequenced.IsDeclared(message.Destination))
        {
            given.Add();
        }

        return result;
    }

    /// <summary>Only the answer to a call that was delivered is passed on; any other is dropped without a word to anybody.</summary>
    internal void Reply(in RoutedMessage message, Connection receiver)
    {
        if (!replies.TryTake(new PendingCall(receiver.Id, message.Sender!.Id, message.Header.ReplySerial)))
        {
            drops.Drop(message, DropReason.UnexpectedReply);
            return;
        }

        DBusError refusal = gate.Check(message, receiver, ReplyState.Requested);
        if (refusal.IsNone)
        {
            DeliveryResult result = delivery.TryDeliver(receiver, message, ChargeKind.Reserved);
            refusal = result is DeliveryResult.ReceiverTakesNoFds or DeliveryResult.OverFds or DeliveryResult.OverShare or DeliveryResult.OverReserve
                ? Reason(result, receiver) : default;
        }

        if (refusal.IsNone)
        {
            eavesdroppers.Offer(message, receiver);
            return;
        }

        // The caller waits: it is told why the answer cannot reach it.
        bus.SendErrorTo(receiver, message.Header.ReplySerial, refusal);
        counters.RepliesReplaced++;
    }

    private void Refuse(in RoutedMessage message, Connection receiver, DeliveryResult result)
    {
        counters.UnicastsRefused++;
        bus.SendError(message, Reason(result, receiver));
        if ((message.Header.Flags & MessageFlags.NoReplyExpected) != 0)
        {
            drops.Drop(message, DropReason.ReceiverFull);
        }
    }

    private DBusError Reason(DeliveryResult result, Connection receiver) => result switch
    {
        DeliveryResult.ReceiverTakesNoFds => DBusError.UnixFdsNotNegotiated(receiver.UniqueNameText),
        DeliveryResult.OverFds => DBusError.ReceiverFull(receiver.UniqueNameText, "max_outgoing_unix_fds", limits.Current.MaxOutgoingUnixFds),
        DeliveryResult.OverBytes => DBusError.LimitsExceeded($"The message to {receiver.UniqueNameText} on top of what you have waiting", "max_outgoing_bytes", limits.Current.MaxOutgoingBytes),
        DeliveryResult.OverShare => DBusError.LimitsExceeded(
            $"The message to {receiver.UniqueNameText} on top of what waits at the same expense", "max_total_bytes", limits.Current.MaxTotalBytes),
        DeliveryResult.OverReserve => DBusError.LimitsExceeded(
            $"The reply to {receiver.UniqueNameText} on top of what waits for it", "max_outgoing_bytes", limits.Current.MaxOutgoingBytes),
        _ => DBusError.ServiceUnknown(receiver.UniqueNameText),
    };
}
