using XcpBroker.Buffering;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Quotas;
using XcpBroker.Transport;

namespace XcpBroker.Routing;

/// <summary>What became of a message for one receiver.</summary>
internal enum DeliveryResult : byte
{
    Queued,

    /// <summary>Its policy does not let it have this.</summary>
    Denied,

    /// <summary>It is being taken apart.</summary>
    ReceiverGone,

    /// <summary>It did not negotiate descriptors.</summary>
    ReceiverTakesNoFds,

    /// <summary>The payer has max_outgoing_bytes queued.</summary>
    OverBytes,

    /// <summary>The payer's share of max_total_bytes is used up.</summary>
    OverShare,

    /// <summary>The receiver has max_outgoing_bytes queued, and the message is too large for its reserve.</summary>
    OverReserve,

    /// <summary>The receiver's waiting descriptors are used up.</summary>
    OverFds,

    /// <summary>The sender's domain has max_held_messages waiting.</summary>
    OverHeld,
}

/// <summary>Charges a message and puts it into its receiver's queue.</summary>
internal sealed class Delivery(LossLog losses, Dooms dooms, DomainQuota fdQuota, LimitsInForce limits)
{
    internal DeliveryResult TryDeliver(Connection receiver, in RoutedMessage message, ChargeKind kind) =>
        TryDeliver(receiver, message, message.Outgoing, kind);

    private DeliveryResult TryDeliver(Connection receiver, in RoutedMessage message, in OutgoingMessage outgoing, ChargeKind kind)
    {
        if (!receiver.IsOpen)
        {
            return DeliveryResult.ReceiverGone;
        }

        // What eavesdroppers get of it is a copy like any other.
        if (kind == ChargeKind.Sent && message.Held is { } held)
        {
            return TryPassOn(receiver, message, held);
        }

        QueuedFds? fds = null;
        if (message.Fds is not null)
        {
            DeliveryResult result = TryChargeFds(receiver, message, kind, out fds);
            if (result != DeliveryResult.Queued)
            {
                return result;
            }
        }

        Account payer = kind == ChargeKind.Sent ? message.Sender!.Account : receiver.Account;
        ChargeResult charged = payer.TryCharge(kind, outgoing.Length);
        if (charged == ChargeResult.Charged)
        {
            receiver.Enqueue(outgoing, fds, payer, kind);
            return DeliveryResult.Queued;
        }

        fds?.Dispose();
        if (charged != ChargeResult.OverLimit)
        {
            return charged == ChargeResult.OverShare ? DeliveryResult.OverShare : DeliveryResult.OverReserve;
        }

        if (kind == ChargeKind.Reserved)
        {
            dooms.Doom(receiver, CloseReason.SlowReader);
        }

        return DeliveryResult.OverBytes;
    }

    /// <summary>A copy of a broadcast: what the receiver cannot take is lost for it alone, counted and logged once per episode.</summary>
    internal void DeliverBroadcast(Connection receiver, in RoutedMessage message, ChargeKind kind) =>
        DeliverBroadcast(receiver, message, message.Outgoing, kind);

    /// <summary>The same, with bytes that are made once for all receivers.</summary>
    internal void DeliverBroadcast(Connection receiver, in RoutedMessage message, in OutgoingMessage outgoing, ChargeKind kind)
    {
        DeliveryResult result = TryDeliver(receiver, message, outgoing, kind);
        if (result == DeliveryResult.Queued)
        {
            // What came in by the reserve says nothing about the room for the next broadcast.
            if (kind == ChargeKind.Received)
            {
                losses.EndEpisode(receiver);
            }
        }
        else if (result != DeliveryResult.ReceiverGone)
        {
            losses.BroadcastLost(receiver, result);
        }
    }

    /// <summary>What has waited takes its charges along: no limit of its sender can be in the way any more.</summary>
    private DeliveryResult TryPassOn(Connection receiver, in RoutedMessage message, HeldMessage held)
    {
        if (message.Fds is { } set)
        {
            DeliveryResult result = CheckFds(receiver, set.Count);
            if (result != DeliveryResult.Queued)
            {
                return result;
            }
        }

        Account payer = held.PassOn(out QueuedFds? fds);
        receiver.Enqueue(message.Outgoing, fds, payer, ChargeKind.Sent);
        return DeliveryResult.Queued;
    }

    private DeliveryResult CheckFds(Connection receiver, int count) =>
        !receiver.CanReceiveFds ? DeliveryResult.ReceiverTakesNoFds
        : receiver.QueuedFds + count > limits.Current.MaxOutgoingUnixFds ? DeliveryResult.OverFds
        : DeliveryResult.Queued;

    private DeliveryResult TryChargeFds(Connection receiver, in RoutedMessage message, ChargeKind kind, out QueuedFds? fds)
    {
        fds = null;
        int count = message.Fds!.Count;
        DeliveryResult result = CheckFds(receiver, count);
        if (result != DeliveryResult.Queued)
        {
            return result;
        }

        Connection payer = kind == ChargeKind.Sent ? message.Sender! : receiver;
        payer.FdAccount ??= fdQuota.Open(payer.Credentials.UserId);
        if (payer.FdAccount.TryCharge(kind, count, out QuotaCharge charge) != ChargeResult.Charged)
        {
            return DeliveryResult.OverFds;
        }

        fds = new QueuedFds(message.Fds.Share(), charge);
        return DeliveryResult.Queued;
    }
}
