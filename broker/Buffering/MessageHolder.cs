using System.Diagnostics;
using XcpBroker.Buffers;
using XcpBroker.Connections;
using XcpBroker.Metrics;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;
using XcpBroker.Quotas;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Buffering;

/// <summary>Copies messages into queues where they wait, and takes out what nobody waits for any more.</summary>
/// <remarks>
/// A held message is charged to its sender exactly as one in a receiver's queue is, so a sender who fills queues takes from its own
/// max_outgoing_bytes and its own share of max_total_bytes only.
/// </remarks>
internal sealed class MessageHolder(
    BlockPool blocks, NameRegistry<Connection> names, DomainQuota fdQuota, LimitsInForce limits, DropLog drops, TimeProvider clock)
{
    /// <summary>Copies a message to the end of a queue.</summary>
    /// <param name="message">The message.</param>
    /// <param name="queue">Where it waits.</param>
    /// <param name="held">The copy.</param>
    /// <param name="overhead">Bytes that it costs its sender besides its own.</param>
    /// <returns>Queued, or which limit of the sender is in the way; then nothing was done.</returns>
    internal DeliveryResult TryHold(in RoutedMessage message, HeldQueue queue, out HeldMessage? held, int overhead = 0)
    {
        held = null;
        Connection sender = message.Sender!;
        if (sender.Domain is { } domain && domain.Held >= domain.Limits.MaxHeldMessages)
        {
            return DeliveryResult.OverHeld;
        }

        QueuedFds? fds = null;
        if (message.Fds is { } set)
        {
            sender.FdAccount ??= fdQuota.Open(sender.Credentials.UserId);
            if (sender.FdAccount.TryCharge(ChargeKind.Sent, set.Count, out QuotaCharge charge) != ChargeResult.Charged)
            {
                return DeliveryResult.OverFds;
            }

            fds = new QueuedFds(set.Share(), charge);
        }

        int length = message.DeliveredLength;
        ChargeResult charged = sender.Account.TryCharge(ChargeKind.Sent, length + overhead, out _);
        if (charged != ChargeResult.Charged)
        {
            fds?.Dispose();
            return charged == ChargeResult.OverShare ? DeliveryResult.OverShare : DeliveryResult.OverBytes;
        }

        held = new HeldMessage(sender, Copy(message, out MessageHeader header), length, header, fds, clock.GetTimestamp(), overhead);
        held.LinkToSender();
        queue.Append(held);
        return DeliveryResult.Queued;
    }

    /// <summary>A message that has waited for longer than the bus is up; no limit is in its way.</summary>
    /// <param name="sender">Stands for who sent it.</param>
    /// <param name="bytes">The message as it is delivered, valid.</param>
    /// <param name="age">How long ago it came.</param>
    /// <param name="overhead">As in <see cref="TryHold"/>.</param>
    internal HeldMessage Restore(Connection sender, ReadOnlySpan<byte> bytes, TimeSpan age, int overhead)
    {
        bool isPaid = sender.Account.TryCharge(ChargeKind.Sent, bytes.Length + overhead, out _) == ChargeResult.Charged;
        Block block = blocks.Rent(bytes.Length);
        bytes.CopyTo(block.Span(0, bytes.Length));
        MessageViolation violation = MessageHeader.TryParse(bytes, out MessageHeader header);
        Debug.Assert(violation == MessageViolation.None, "the journal let an invalid message pass");
        long heldAt = clock.GetTimestamp() - (long)(age.TotalSeconds * clock.TimestampFrequency);
        HeldMessage held = new(sender, block, bytes.Length, header, null, heldAt, overhead, isPaid) { IsOutsideShares = true };
        held.LinkToSender();
        return held;
    }

    /// <summary>Why a message to a name cannot be held.</summary>
    internal DBusError Refusal(DeliveryResult result, string name) => result switch
    {
        DeliveryResult.OverHeld => DBusError.DomainHoldsTooMany(name),
        DeliveryResult.OverFds => DBusError.LimitsExceeded(
            $"Descriptors of yours that wait, those for \"{name}\" included,", "max_outgoing_unix_fds", limits.Current.MaxOutgoingUnixFds),
        DeliveryResult.OverShare => DBusError.LimitsExceeded(
            $"The message to \"{name}\", which is not there yet, on top of what waits at the same expense", "max_total_bytes", limits.Current.MaxTotalBytes),
        _ => DBusError.LimitsExceeded(
            $"The message to \"{name}\", which is not there yet, on top of what you have waiting", "max_outgoing_bytes", limits.Current.MaxOutgoingBytes),
    };

    /// <summary>A sender is about to lose its names: calls that it waits for are dropped, the rest stays and keeps its name.</summary>
    internal void SenderLeft(Connection sender)
    {
        string[]? claims = null;
        for (HeldMessage? held = sender.FirstHeld, next; held is not null; held = next)
        {
            next = held.NextOfSender;
            if (held.ExpectsReply)
            {
                drops.Drop(held.View, DropReason.CallerGone);
                held.Queue!.Remove(held);
                held.Release();
            }
            else
            {
                held.NamesOfGoneSender = claims ??= ClaimsOf(sender);
            }
        }
    }

    /// <summary>What a peer is called: its unique name, then the names that it owns or waits for.</summary>
    internal string[] ClaimsOf(Connection sender)
    {
        List<string> claims = [sender.UniqueNameText];
        foreach (string name in names.ClaimsOf(sender))
        {
            claims.Add(name);
        }

        return [.. claims];
    }

    private Block Copy(in RoutedMessage message, out MessageHeader header)
    {
        Block block = blocks.Rent(message.DeliveredLength);
        Span<byte> copy = block.Span(0, message.DeliveredLength);
        message.Stamped.CopyTo(copy);
        message.Body.CopyTo(copy[message.Stamped.Length..]);
        MessageViolation violation = MessageHeader.TryParse(copy, out header);
        Debug.Assert(violation == MessageViolation.None, "a stamped message is invalid");
        return block;
    }
}
