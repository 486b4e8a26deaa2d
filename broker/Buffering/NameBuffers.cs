using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Journal;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Holds messages to declared names while these have no owner.</summary>
/// <remarks>
/// A held call ends in exactly one way: it goes on to the owner, its caller is told TimedOut, LimitsExceeded, or what policy or a purge
/// say, or its caller has left. What wants no answer goes on, or is dropped and counted.
/// </remarks>
internal sealed class NameBuffers(
    BufferTable table,
    BufferRoom room,
    HeldExpiry expiry,
    HeldRelease release,
    DurableIntake intake,
    DurableDelivery delivery,
    PolicyGate gate,
    INameStarter starter,
    BusLoop loop,
    BrokerCounters counters,
    ILogger log)
{
    /// <summary>Takes over what the journal has kept. It goes to the owners of its names once there are any, and these are started.</summary>
    internal void Resume(JournalImage image)
    {
        intake.Resume(image, table.Restore);
        foreach (NameBuffer buffer in table.All.Where(buffer => buffer.Waiting.Count > 0))
        {
            buffer.Retry = loop.Deadlines.After(TimeSpan.Zero, static state => ((TimedStart)state!).Try(), new TimedStart(this, buffer));
        }
    }

    /// <summary>A message to a name with an owner: it must not overtake what waits, or is to be durable.</summary>
    /// <returns>False: it may go straight to the owner.</returns>
    internal bool TryTakeInSequence(in RoutedMessage message, out DBusError error)
    {
        error = default;
        if (!TryFindSequence(message, out NameBuffer? buffer))
        {
            return false;
        }

        if (IsForJournal(buffer, message) && TryTakeDurable(buffer, message, out error))
        {
            return true;
        }

        if (buffer.Next is null)
        {
            return false;
        }

        error = Keep(buffer, message);
        return true;
    }

    /// <summary>A message to a declared name cannot wait, since its sender's share of such names is used up.</summary>
    internal DBusError RefuseName(in RoutedMessage message, ReadOnlySpan<byte> name)
    {
        counters.BufferRefused++;
        release.Refused(message, DropReason.BufferFull);
        return table.Full(name);
    }

    /// <summary>Holds a message, or a call of StartServiceByName, for a name without owner.</summary>
    /// <returns>Why it cannot wait.</returns>
    internal DBusError Hold(NameBuffer buffer, in RoutedMessage message, bool isStart)
    {
        DBusError refusal = isStart ? gate.CheckStart(message, buffer.Name) : gate.CheckSendToAbsent(message, buffer.Name);
        if (!refusal.IsNone)
        {
            return refusal;
        }

        DBusError error;
        if (isStart || !IsForJournal(buffer, message) || !TryTakeDurable(buffer, message, out error))
        {
            error = Keep(buffer, message);
        }

        if (error.IsNone)
        {
            Start(buffer, message.Sender);
        }

        return error;
    }

    /// <summary>Holds a signal that is for all for a name without owner that has subscribed to it. Its sender is told nothing.</summary>
    internal void HoldBroadcast(NameBuffer buffer, in RoutedMessage signal)
    {
        DBusError error = gate.CheckSendToAbsent(signal, buffer.Name);
        if (error.IsNone)
        {
            error = Keep(buffer, signal);
        }

        if (error.IsNone)
        {
            Start(buffer, signal.Sender);
        }
        else
        {
            release.ShowRefusal(signal, error);
        }
    }

    /// <summary>Takes a message of a call of Post, which is answered when it is on disk.</summary>
    internal DBusError Post(NameBuffer buffer, in RoutedMessage message, WaitingCall poster, bool isOwned)
    {
        DBusError error = intake.Accept(buffer, message, poster);
        if (error.IsNone && !isOwned)
        {
            Start(buffer, message.Sender);
        }

        return error;
    }

    /// <summary>A name has an owner: what waited goes to it, before anything newer.</summary>
    internal void NameAcquired(NameBuffer buffer, Connection owner)
    {
        buffer.Retry.Cancel();
        buffer.LastFailure = null;
        if (buffer.Waiting.Count == 0)
        {
            return;
        }

        if (buffer.IsSequenced)
        {
            BufferLog.Delivered(log, buffer.Name, buffer.Waiting.Count, owner.UniqueNameText);
            PassBroadcasts(buffer, owner);
            delivery.Acquired(buffer, owner);
            return;
        }

        BufferLog.Delivered(log, buffer.Name, buffer.Waiting.Count, owner.UniqueNameText);

        // An owner that is doomed while it is given all this keeps what it got; the rest waits for the next one.
        while (buffer.Waiting.Count > 0 && owner.IsOpen)
        {
            counters.BufferDelivered++;
            release.DeliverFirst(buffer.Waiting, owner);
        }
    }

    /// <summary>A name has lost its owner without a successor.</summary>
    internal void NameLost(NameBuffer buffer)
    {
        if (buffer.Waiting.Count > 0)
        {
            Start(buffer, null);
        }
    }

    /// <summary>A start of the service has failed: what waits goes on waiting, and it is started again.</summary>
    internal void StartFailed(string name, DBusError error)
    {
        if (table.TryFind(name, out NameBuffer? buffer))
        {
            buffer.LastFailure = error.Message;
            NameLost(buffer);
        }
    }

    /// <summary>Puts a message that there is room for where it was: the owner that is gone had been given it, and not the next one.</summary>
    internal void Return(NameBuffer buffer, HeldMessage message, HeldMessage? next)
    {
        counters.BufferReturned++;
        message.LinkToSender();
        buffer.Waiting.InsertBefore(next, message);
        expiry.Watch(buffer, message);
    }

    /// <summary>Empties a buffer; callers get an error.</summary>
    internal int Purge(NameBuffer buffer, Connection caller)
    {
        int count = buffer.Waiting.Count;
        BufferLog.Purged(log, count, buffer.Name, caller.UniqueNameText);
        while (buffer.Waiting.First is { } message)
        {
            if (message.IsDurable)
            {
                delivery.Purge(message);
            }
            else
            {
                release.Fail(message, DBusError.BufferPurged(buffer.Name), DropReason.BufferPurged);
            }
        }

        buffer.Retry.Cancel();
        return count;
    }

    /// <summary>What was set aside is tried again; a service that can be started is.</summary>
    /// <returns>Messages.</returns>
    internal int RetrySetAside(NameBuffer buffer, Connection caller)
    {
        int count = delivery.RetrySetAside(buffer, caller);
        if (buffer.Waiting.Count > 0 && buffer.GivenTo is null)
        {
            Start(buffer, caller);
        }

        return count;
    }

    /// <summary>The bus ends: nobody is told anything.</summary>
    internal void Shutdown()
    {
        foreach (NameBuffer buffer in table.All)
        {
            buffer.Retry.Cancel();
            buffer.Later.Cancel();
            buffer.Waiting.Clear();
            buffer.SetAside.Clear();
        }
    }

    /// <summary>Of a durable name: signals that are for all go at once, as those that come from now on will.</summary>
    private void PassBroadcasts(NameBuffer buffer, Connection owner)
    {
        for (HeldMessage? message = buffer.Waiting.First, next; message is not null && owner.IsOpen; message = next)
        {
            next = message.Next;
            if (message.IsBroadcast)
            {
                counters.BufferDelivered++;
                release.Give(message, owner);
            }
        }
    }

    private bool TryFindSequence(in RoutedMessage message, [NotNullWhen(true)] out NameBuffer? buffer)
    {
        if (!table.TryFind(message.Destination, out buffer) && !message.ExpectsReply && table.IsDurable(message.Destination)
            && table.TryOpen(message.Destination, message.Sender!, out buffer) && buffer is null)
        {
            counters.JournalRefused++;
        }

        return buffer is { IsSequenced: true };
    }

    /// <summary>It wants no answer and passes no descriptor, and its name is declared so.</summary>
    private static bool IsForJournal(NameBuffer buffer, in RoutedMessage message) =>
        buffer.Declaration.IsDurable && !buffer.IsWithdrawn && !message.ExpectsReply && message.Fds is null;

    /// <returns>False: the journal cannot have it, which has been noted, and it goes the way of any other message.</returns>
    private bool TryTakeDurable(NameBuffer buffer, in RoutedMessage message, out DBusError error)
    {
        error = intake.Accept(buffer, message, null);
        if (!error.IsNone)
        {
            intake.NoteRefusal(buffer, error.Message);
        }

        return error.IsNone;
    }

    private DBusError Keep(NameBuffer buffer, in RoutedMessage message)
    {
        DBusError full = room.TryHold(buffer, message, out HeldMessage? held);
        if (!full.IsNone)
        {
            counters.BufferRefused++;
            release.Refused(message, DropReason.BufferFull);
            return full;
        }

        counters.BufferHeld++;
        expiry.Watch(buffer, held!);
        return default;
    }

    private void Start(NameBuffer buffer, Connection? caller)
    {
        if (!buffer.Retry.IsPending && starter.Ensure(buffer.Name, caller) is { } delay)
        {
            buffer.Retry = loop.Deadlines.After(delay, static state => ((TimedStart)state!).Try(), new TimedStart(this, buffer));
        }
    }

    private sealed class TimedStart(NameBuffers owner, NameBuffer buffer)
    {
        internal void Try()
        {
            if (buffer.Waiting.Count > 0)
            {
                owner.Start(buffer, null);
            }
        }
    }
}
