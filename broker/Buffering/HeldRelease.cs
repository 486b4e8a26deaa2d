using XcpBroker.Connections;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>How a message stops waiting: it goes on to the owner, or its sender is told why not. Each does so once.</summary>
internal sealed class HeldRelease(BusMessages bus, DropLog drops)
{
    /// <summary>Routes a message to who owns its destination now; set once by Composition.</summary>
    internal required HeldMessageRoute Deliver { get; init; }

    /// <summary>Lets the first message of a queue go on.</summary>
    internal void DeliverFirst(HeldQueue queue, Connection owner) => Give(queue.First!, owner);

    /// <summary>Lets a message of a queue go on.</summary>
    internal void Give(HeldMessage message, Connection owner)
    {
        message.Queue!.Remove(message);
        if (IsStart(message))
        {
            AnswerStart(message);
        }
        else
        {
            Deliver(message, owner);
        }

        message.Release();
    }

    /// <summary>Ends a message, wherever it waits: a caller gets the error, anything else is dropped and counted.</summary>
    internal void Fail(HeldMessage message, DBusError error, DropReason reason)
    {
        message.Queue?.Remove(message);
        if (message.ExpectsReply)
        {
            bus.SendErrorTo(message.Sender, message.Serial, error);
        }
        else
        {
            bus.ShowUnsent(message.View, error);
            drops.Drop(message.View, reason);
        }

        message.Release();
    }

    /// <summary>A message may not begin to wait, for another reason than policy: who wants no answer is told nothing, so it is counted.</summary>
    internal void Refused(in RoutedMessage message, DropReason reason)
    {
        if (!message.ExpectsReply)
        {
            drops.Drop(message, reason);
        }
    }

    /// <summary>Monitors see why a copy that its sender does not know of came to nothing.</summary>
    internal void ShowRefusal(in RoutedMessage message, DBusError error) => bus.ShowUnsent(message, error);

    /// <summary>Fails all that wait in a queue.</summary>
    internal void FailAll(HeldQueue queue, DBusError error, DropReason reason)
    {
        while (queue.First is { } message)
        {
            Fail(message, error, reason);
        }
    }

    /// <summary>A call of StartServiceByName waits among the messages for the service.</summary>
    private static bool IsStart(HeldMessage message) => message.View.Destination.SequenceEqual("org.freedesktop.DBus"u8);

    private void AnswerStart(HeldMessage call)
    {
        const uint Success = 1;
        if (call.ExpectsReply)
        {
            bus.BeginReply(call.Sender, call.Serial, "u", null).WriteUInt32(Success);
            bus.SendReply(call.Sender);
        }
    }
}

/// <summary>Sends a message that has waited on its way to the owner that there is now.</summary>
internal delegate void HeldMessageRoute(HeldMessage message, Connection owner);
