using XcpBroker.Connections;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Room in a buffer for messages that are not durable: a sender's share of it, made by dropping its oldest where that is declared.</summary>
internal sealed class BufferRoom(MessageHolder holder, HeldRelease release, BufferAlarm alarm)
{
    /// <summary>Copies a message to the end of a buffer.</summary>
    /// <returns>Why it cannot wait; then nothing of it is left.</returns>
    internal DBusError TryHold(NameBuffer buffer, in RoutedMessage message, out HeldMessage? held)
    {
        held = null;
        if (!TryMakeRoom(buffer, message))
        {
            return Full(buffer);
        }

        DeliveryResult result = holder.TryHold(message, buffer.Waiting, out held);
        if (result == DeliveryResult.Queued)
        {
            return default;
        }

        buffer.Shares.GiveBack(message.Sender!, message.DeliveredLength);
        return holder.Refusal(result, buffer.Name);
    }

    /// <summary>Makes room for a message that had been queued for an owner who is gone; if there is none, that is its end.</summary>
    internal bool TryTakeBack(NameBuffer buffer, HeldMessage message)
    {
        bool fits = buffer.Shares.TryTake(message.Sender, message.Length);
        if (!fits)
        {
            release.Fail(message, Full(buffer), DropReason.BufferFull);
        }

        return fits;
    }

    private static DBusError Full(NameBuffer buffer) => DBusError.BufferFull(buffer.Name, buffer.Waiting.Count, buffer.Waiting.Bytes);

    private bool TryMakeRoom(NameBuffer buffer, in RoutedMessage message)
    {
        Connection sender = message.Sender!;
        int length = message.DeliveredLength;
        bool fits = buffer.Shares.TryTake(sender, length);
        if (fits)
        {
            BufferAlarm.Fitted(buffer);
            return true;
        }

        alarm.Refused(buffer, sender);
        if (!buffer.Shares.CouldTake(length))
        {
            return false;
        }

        while (!fits && buffer.Declaration.DropsOldest && buffer.Shares.OldestOf(sender) is { } oldest)
        {
            release.Fail(oldest, Full(buffer), DropReason.BufferFull);
            fits = buffer.Shares.TryTake(sender, length);
        }

        return fits;
    }
}
