using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Journal;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Takes messages into the journal, and tells their senders when they are on disk.</summary>
internal sealed class DurableIntake(
    MessageJournal journal,
    MessageHolder holder,
    DurableSenders senders,
    DomainTable domains,
    DurableDelivery delivery,
    BusMessages bus,
    BufferAlarm alarm,
    LimitsInForce limits,
    TimeProvider clock,
    BrokerCounters counters,
    ILogger log) : IJournalUser
{
    /// <summary>Makes what could not be written wait as any other message does; set once by Composition.</summary>
    internal required Action<NameBuffer, HeldMessage> Keep { get; init; }

    /// <summary>Takes apart whoever did not read its answers; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    /// <summary>Takes a copy of a one-way message behind all that waits for its destination. It goes on when it is on disk.</summary>
    /// <param name="buffer">Of its destination.</param>
    /// <param name="message">Without descriptors.</param>
    /// <param name="poster">The call that is answered then.</param>
    internal DBusError Accept(NameBuffer buffer, in RoutedMessage message, WaitingCall? poster)
    {
        if (!journal.IsOpen)
        {
            return DBusError.NoJournal;
        }

        Connection peer = message.Sender!;
        DurableSender sender = senders.Take(peer.UniqueNameText, peer.Credentials, peer.Domain);
        DBusError error = TryHold(buffer, message, sender, out HeldMessage? held);
        if (!error.IsNone)
        {
            sender.Release();
            return error;
        }

        string[] names = holder.ClaimsOf(peer);
        held!.NamesOfGoneSender = names;
        DurableEntry entry = new(buffer, held, sender, names, clock.GetUtcNow().ToUnixTimeMilliseconds()) { Poster = poster };
        held.Durable = entry;
        journal.Append(entry);
        return default;
    }

    /// <summary>Takes over what the journal has kept since the broker's last life.</summary>
    /// <param name="image">What was in it.</param>
    /// <param name="bufferOf">The buffer of a name; there is one, declared or not.</param>
    internal void Resume(JournalImage image, Func<string, NameBuffer> bufferOf)
    {
        journal.Resume(image);
        long now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach ((JournalMessage message, ulong segment) in image.Messages)
        {
            DurableSender sender = senders.Take(message.Sender, message.Credentials, domains.Find(message.Credentials.Domain));
            TimeSpan age = TimeSpan.FromMilliseconds(Math.Max(0, now - message.AcceptedAt));
            HeldMessage held = holder.Restore(sender.Connection, message.Bytes, age, DurableEntry.Overhead);
            held.NamesOfGoneSender = message.Names;
            NameBuffer buffer = bufferOf(System.Text.Encoding.ASCII.GetString(held.View.Destination));
            DurableEntry entry = new(buffer, held, sender, message.Names, message.AcceptedAt)
            {
                Sequence = message.Sequence,
                Deliveries = message.Deliveries,
                IsSetAside = message.IsSetAside,
            };
            held.Durable = entry;
            (message.IsSetAside ? buffer.SetAside : buffer.Waiting).Append(held);
            journal.Resume(entry, segment);
            counters.JournalResumed++;
        }

        journal.Resumed();
    }

    public void Accepted(IReadOnlyList<JournalEntry> entries)
    {
        foreach (DurableEntry entry in entries.Cast<DurableEntry>())
        {
            if (entry.IsOver)
            {
                continue;
            }

            counters.JournalAccepted++;
            entry.Buffer.IsUnwritten = false;
            if (TryTakePoster(entry, out WaitingCall poster))
            {
                bus.BeginReply(poster.Caller, poster.Serial, "t", null).WriteUInt64(entry.Sequence);
                bus.SendReply(poster.Caller);
            }
        }

        foreach (NameBuffer buffer in entries.Cast<DurableEntry>().Select(entry => entry.Buffer).Distinct())
        {
            delivery.Pump(buffer);
        }

        TakeApartDoomed();
    }

    public void Refused(JournalEntry refused, string reason)
    {
        DurableEntry entry = (DurableEntry)refused;
        bool isPosted = entry.Poster is not null;
        if (TryTakePoster(entry, out WaitingCall poster))
        {
            bus.SendErrorTo(poster.Caller, poster.Serial, DBusError.JournalFailed(reason));
        }

        if (isPosted)
        {
            entry.Buffer.Waiting.Remove(entry.Message);
            entry.Message.Release();
        }
        else
        {
            // It goes the way of any other message, and is lost should the broker end before.
            NoteRefusal(entry.Buffer, reason);
            Keep(entry.Buffer, entry.Message);
        }

        delivery.Pump(entry.Buffer);
        TakeApartDoomed();
    }

    /// <summary>A message that nobody posted is not in the journal: counted, and logged until one is again.</summary>
    internal void NoteRefusal(NameBuffer buffer, string reason)
    {
        counters.JournalRefused++;
        if (!buffer.IsUnwritten)
        {
            buffer.IsUnwritten = true;
            DurableLog.Refused(log, buffer.Name, reason);
        }
    }

    private static bool TryTakePoster(DurableEntry entry, out WaitingCall poster)
    {
        poster = entry.Poster.GetValueOrDefault();
        bool isThere = entry.Poster is { IsAwaited: true };
        entry.Poster = null;
        return isThere;
    }

    private DBusError TryHold(NameBuffer buffer, in RoutedMessage message, DurableSender sender, out HeldMessage? held)
    {
        held = null;
        int length = message.DeliveredLength;
        if (!buffer.Shares.TryTake(sender.Connection, length))
        {
            counters.BufferRefused++;
            alarm.Refused(buffer, message.Sender!);
            return DBusError.DurableBufferFull(
                buffer.Name, buffer.Declaration.MaxMessages, buffer.Declaration.MaxBytes, buffer.Waiting.Count, buffer.Waiting.Bytes);
        }

        BufferAlarm.Fitted(buffer);
        RoutedMessage copy = new(message.Bytes, message.Header, message.Stamped) { Sender = sender.Connection };
        DeliveryResult result = holder.TryHold(copy, buffer.Waiting, out held, DurableEntry.Overhead);
        if (result == DeliveryResult.Queued)
        {
            return default;
        }

        buffer.Shares.GiveBack(sender.Connection, length);
        return result == DeliveryResult.OverHeld ? holder.Refusal(result, buffer.Name) : DBusError.LimitsExceeded($"The message to \"{buffer.Name}\" on top of what you have in the journal", "max_journal_bytes", limits.Current.MaxJournalBytes);
    }
}
