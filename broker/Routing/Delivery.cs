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

    /// <summary>The receiver's waiting descriptors are used up.</summary>
    OverFds,
}

/// <summary>Charges a message and puts it into its receiver's queue.</summary>
internal sealed class Delivery(LossLog losses, Dooms dooms, DomainQuota fdQuota, LimitsInForce limits)
{
    internal DeliveryResult TryDeliver(Connection receiver, in RoutedMessage message, ChargeKind kind)
    {
        if (!receiver.IsOpen)
        {
            return DeliveryResult.ReceiverGone;
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
        ChargeResult charged = payer.TryCharge(kind, message.DeliveredLength, out _);
        if (charged == ChargeResult.Charged)
        {
            receiver.Enqueue(message.Stamped, message.Body, message.Block, message.BlockOffset + message.Header.BodyOffset, fds, payer, kind);
            return DeliveryResult.Queued;
        }

        fds?.Dispose();
        if (charged == ChargeResult.OverShare)
        {
            return DeliveryResult.OverShare;
        }

        if (kind == ChargeKind.Reserved)
        {
            dooms.Doom(receiver, CloseReason.SlowReader);
        }

        return DeliveryResult.OverBytes;
    }

    /// <summary>A copy of a broadcast: what the receiver cannot take is lost for it alone, counted and logged once per episode.</summary>
    internal void DeliverBroadcast(Connection receiver, in RoutedMessage message, ChargeKind kind)
    {
        DeliveryResult result = TryDeliver(receiver, message, kind);
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

    private DeliveryResult TryChargeFds(Connection receiver, in RoutedMessage message, ChargeKind kind, out QueuedFds? fds)
    {
        fds = null;
        if (!receiver.CanReceiveFds)
        {
            return DeliveryResult.ReceiverTakesNoFds;
        }

        int count = message.Fds!.Count;
        if (receiver.QueuedFds + count > limits.Current.MaxOutgoingUnixFds)
        {
            return DeliveryResult.OverFds;
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
