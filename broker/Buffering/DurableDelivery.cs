using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Journal;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Gives what waits in a buffer to its owner, in order, and keeps what is durable until the owner has it.</summary>
/// <remarks>
/// A message counts as had when the answer to a Peer.Ping that was sent behind it comes back, or by Ack. An owner that dies before costs it one of
/// its deliveries; a message that was delivered before goes alone, so that only the one that kills its receivers runs out of them.
/// </remarks>
internal sealed class DurableDelivery(
    MessageJournal journal, HeldRelease release, DurableSenders senders, NameRegistry<Connection> names, BusMessages bus, DropLog drops, BusLoop loop,
    BrokerCounters counters, ILogger log)
{
    /// <summary>What an owner may have been given and not confirmed.</summary>
    private const int MaxGiven = 256;

    private const int MaxGivenBytes = 1 << 20;

    private static readonly TimeSpan UntilOwnerReads = TimeSpan.FromSeconds(1);

    private readonly ReadPings _pings = new(bus);
    private readonly HashSet<NameBuffer> _given = [];

    /// <summary>Sends a copy of a message to its receiver, at the receiver's expense; set once by Composition.</summary>
    internal required Func<HeldMessage, Connection, DeliveryResult> Deliver { get; init; }

    /// <summary>Takes apart whoever did not read; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    /// <summary>Gives the owner of a name what it may have now.</summary>
    internal void Pump(NameBuffer buffer)
    {
        if (buffer.Waiting.Count > 0 && names.OwnerOf(buffer.Name) is { } owner)
        {
            Pump(buffer, owner);
        }
    }

    /// <summary>A name has an owner.</summary>
    internal void Acquired(NameBuffer buffer, Connection owner)
    {
        // Who had the name before, and lives, may have them: at least once. They come first for the new owner all the same.
        if (buffer.GivenTo is { } former && former != owner)
        {
            TakeBack(buffer, isFailure: false);
            if (former.State != ConnectionState.Active)
            {
                // It has become a monitor, which answers nothing.
                _pings.Forget(former);
            }
        }

        Pump(buffer, owner);
    }

    /// <summary>Marks the message that a copy in the queue of an owner that is gone was made of.</summary>
    internal static DurableEntry? MarkUnsent(NameBuffer buffer, ReadOnlySpan<byte> sender, uint serial)
    {
        for (HeldMessage? message = buffer.LastGiven is null ? null : buffer.Waiting.First; message is not null; message = message.Next)
        {
            if (message is { Durable: { IsGiven: true, IsUnsent: false } entry } && message.Serial == serial && sender.SequenceEqual(message.Sender.UniqueName))
            {
                entry.IsUnsent = true;
                return entry;
            }
        }

        return null;
    }

    /// <summary>A peer is gone: what it was given and may not have goes to the next owner.</summary>
    internal void OwnerLeft(Connection owner)
    {
        if (_given.Count == 0 && _pings.IsEmpty)
        {
            return;
        }

        foreach (NameBuffer buffer in _given.Where(buffer => buffer.GivenTo == owner).ToArray())
        {
            DurableLog.TakenBack(log, owner.UniqueNameText, buffer.GivenCount, buffer.Name);
            TakeBack(buffer, isFailure: true);
        }

        _pings.Forget(owner);
    }

    /// <summary>Whether a peer answers a ping that it was sent.</summary>
    internal bool IsAwaited(in RoutedMessage reply) => _pings.IsAwaited(reply);

    /// <summary>The answer to a ping, whatever it says: who sends it has read what was before the ping.</summary>
    internal void TakeReply(in RoutedMessage reply)
    {
        ReadPing ping = _pings.Take(reply);
        NameBuffer buffer = ping.Buffer;
        HeldMessage? message = buffer.Waiting.First;
        while (message is not null)
        {
            HeldMessage? next = message.Next;
            if (message.Durable is { } entry)
            {
                if (entry.Sequence > ping.UpTo)
                {
                    break;
                }

                if (entry.GivenTo == ping.Owner)
                {
                    Finish(message);
                }
            }

            message = next;
        }

        Pump(buffer);
    }

    /// <summary>A receiver says that it has a message.</summary>
    internal DBusError Acknowledge(Connection receiver, ulong sequence)
    {
        if (journal.Find(sequence) is not DurableEntry entry || entry.GivenTo != receiver)
        {
            return DBusError.NotGiven(sequence);
        }

        Finish(entry.Message);
        Pump(entry.Buffer);
        return default;
    }

    /// <summary>An operator drops a message.</summary>
    internal void Purge(HeldMessage message)
    {
        DurableEntry entry = message.Durable!;
        if (entry.Poster is { IsAwaited: true } poster)
        {
            bus.SendErrorTo(poster.Caller, poster.Serial, DBusError.BufferPurged(entry.Buffer.Name));
        }

        entry.Poster = null;
        drops.Drop(message.View, DropReason.BufferPurged);
        End(message);
    }

    internal int PurgeSetAside(NameBuffer buffer, Connection caller)
    {
        int count = buffer.SetAside.Count;
        DurableLog.PurgedSetAside(log, count, buffer.Name, caller.UniqueNameText);
        while (buffer.SetAside.First is { } message)
        {
            Purge(message);
        }

        return count;
    }

    /// <summary>An operator has what was set aside tried again, before what waits, as if it had never been delivered.</summary>
    /// <returns>Messages.</returns>
    internal int RetrySetAside(NameBuffer buffer, Connection caller)
    {
        int count = buffer.SetAside.Count;
        DurableLog.Retried(log, count, buffer.Name, caller.UniqueNameText);
        HeldMessage? next = buffer.Next;
        while (buffer.SetAside.TryTake(out HeldMessage? message))
        {
            DurableEntry entry = message.Durable!;
            entry.IsSetAside = false;
            entry.Deliveries = 0;
            message.IsOutsideShares |= !buffer.Shares.TryTake(message.Sender, message.Length);
            buffer.Waiting.InsertBefore(next, message);
            journal.Note(entry);
        }

        Pump(buffer);
        return count;
    }

    private void Pump(NameBuffer buffer, Connection owner)
    {
        buffer.Later.Cancel();
        while (owner.IsOpen && buffer.Next is { } message)
        {
            if (message.IsDurable ? !TryGive(buffer, message, owner) : !TryPassOn(buffer, message, owner))
            {
                break;
            }
        }

        if (buffer.GivenTo == owner && owner.IsOpen && !buffer.Declaration.NeedsAck)
        {
            _pings.SendBehind(buffer, owner);
        }
    }

    /// <summary>What is not durable: it is the owner's from here on.</summary>
    private bool TryPassOn(NameBuffer buffer, HeldMessage message, Connection owner)
    {
        if (buffer.IsOneAlone)
        {
            return false;
        }

        counters.BufferDelivered++;
        release.Give(message, owner);
        return true;
    }

    private bool TryGive(NameBuffer buffer, HeldMessage message, Connection owner)
    {
        DurableEntry entry = message.Durable!;
        bool hasRoom = buffer.GivenCount == 0
            || (entry.Deliveries == 0 && !buffer.IsOneAlone && buffer.GivenCount < MaxGiven && buffer.GivenBytes + message.Length <= MaxGivenBytes);
        if (!entry.IsOnDisk || !hasRoom)
        {
            return false;
        }

        senders.Judge(entry.Sender);
        switch (Deliver(message, owner))
        {
            case DeliveryResult.Queued:
                entry.Deliveries++;
                entry.GivenTo = owner;
                entry.IsGiven = true;
                buffer.Gave(message, owner);
                _given.Add(buffer);
                return true;
            case DeliveryResult.Denied:
                SetAside(message, $"the policy keeps it from {owner.UniqueNameText}");
                return true;
            default:
                // Its queue is full of other things: nothing will tell when it has read them.
                if (buffer.GivenCount == 0)
                {
                    buffer.Later = loop.Deadlines.After(UntilOwnerReads, static state => ((TimedPump)state!).Run(), new TimedPump(this, buffer));
                }

                return false;
        }
    }

    private void TakeBack(NameBuffer buffer, bool isFailure)
    {
        HeldMessage? last = buffer.LastGiven;
        HeldMessage? message = last is null ? null : buffer.Waiting.First;
        buffer.ForgetGiven();
        _given.Remove(buffer);
        while (message is not null)
        {
            HeldMessage? next = message == last ? null : message.Next;
            if (message.Durable is { IsGiven: true } entry)
            {
                entry.IsGiven = false;
                TakeBack(message, entry, isFailure);
            }

            message = next;
        }
    }

    private void TakeBack(HeldMessage message, DurableEntry entry, bool isFailure)
    {
        bool counts = isFailure && !entry.IsUnsent;
        entry.IsUnsent = false;
        if (isFailure)
        {
            entry.GivenTo = null;
        }

        if (!counts)
        {
            entry.Deliveries--;
        }
        else if (entry.Deliveries >= entry.Buffer.Declaration.MaxDeliveries)
        {
            SetAside(message, $"{entry.Deliveries} owners died before they had it (X-XCP-MaxDeliveries)");
        }
        else
        {
            counters.JournalRedelivered++;
            journal.Note(entry);
        }
    }

    private void SetAside(HeldMessage message, string reason)
    {
        DurableEntry entry = message.Durable!;
        counters.JournalSetAside++;
        DurableLog.SetAside(log, entry.Sequence, message.Sender.UniqueNameText, entry.Buffer.Name, reason);
        entry.Buffer.Leave(message);
        entry.Buffer.SetAside.Append(message);
        entry.IsSetAside = true;
        journal.Note(entry);
    }

    private void Finish(HeldMessage message)
    {
        counters.JournalDelivered++;
        End(message);
    }

    private void End(HeldMessage message)
    {
        DurableEntry entry = message.Durable!;
        entry.Buffer.Leave(message);
        if (entry.Buffer.GivenCount == 0)
        {
            _given.Remove(entry.Buffer);
        }

        journal.End(entry);
        message.Release();
    }

    private void Resume(NameBuffer buffer)
    {
        Pump(buffer);
        TakeApartDoomed();
    }

    private sealed class TimedPump(DurableDelivery delivery, NameBuffer buffer)
    {
        internal void Run() => delivery.Resume(buffer);
    }
}
