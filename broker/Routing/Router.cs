using XcpBroker.Auth.Policy;
using XcpBroker.Buffering;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Metrics;
using XcpBroker.Monitoring;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;
using XcpBroker.Quotas;

namespace XcpBroker.Routing;

/// <summary>Decides where a peer's message goes: to the bus, to one peer, to all that match, or nowhere.</summary>
internal sealed class Router(
    ConnectionTable connections,
    NameRegistry<Connection> names,
    Handover handover,
    Delivery delivery,
    Broadcast broadcast,
    MonitorTap monitors,
    Eavesdroppers eavesdroppers,
    PolicyGate gate,
    BusMessages bus,
    IBusDriver driver,
    Dooms dooms,
    DropLog drops,
    IAbsentPeers absent,
    SequencedNames sequenced,
    HeldBroadcasts heldBroadcasts,
    Visibility visibility,
    OwnerSignals signals)
{
    /// <summary>A further copy, or look-up of a rule, costs about so much less than a message of its own.</summary>
    private const int CopiesPerWork = 8;

    /// <summary>Handles one message of a registered peer, or of one that has yet to say Hello.</summary>
    /// <returns>Work done; 2 is a message from one peer to another.</returns>
    internal int Route(in RoutedMessage message)
    {
        Connection sender = message.Sender!;
        if (sender.State == ConnectionState.Monitoring)
        {
            dooms.Doom(sender, CloseReason.MonitorSent);
            return 1;
        }

        if (message.Type is < MessageType.MethodCall or > MessageType.Signal)
        {
            // Specification, "Message types": unknown ones are ignored. They are well-formed, but nobody asked for them.
            drops.Drop(message, DropReason.UnknownType);
            return 1;
        }

        bool toBus = IsToBus(message);
        if (sender.State == ConnectionState.AwaitingHello && !(toBus && message.Type == MessageType.MethodCall))
        {
            monitors.Offer(message, null);
            dooms.Doom(sender, CloseReason.NotHelloFirst);
            return 1;
        }

        if (IsForgedBusSignal(message))
        {
            monitors.Offer(message, null);
            drops.Drop(message, DropReason.ForgedSignal);
            return 1;
        }

        if (toBus)
        {
            return ToBus(message);
        }

        if (message.Header.Destination.IsPresent)
        {
            return ToPeer(message);
        }

        if (message.Type == MessageType.Signal)
        {
            monitors.Offer(message, null);
            int cost = broadcast.Send(message, ChargeKind.Received);
            return 1 + ((heldBroadcasts.IsEmpty ? cost : cost + heldBroadcasts.Offer(message)) / CopiesPerWork);
        }

        // A reply to nobody; calls without destination are the bus's.
        monitors.Offer(message, null);
        drops.Drop(message, DropReason.UnexpectedReply);
        return 1;
    }

    /// <summary>Sends a call or a signal on that has waited for its receiver; it is given back by the caller.</summary>
    internal void RouteHeld(HeldMessage held, Connection receiver)
    {
        if (held.NamesOfGoneSender is not null)
        {
            // A change of the policy has not reached it.
            gate.Judge(held.Sender);
        }

        RoutedMessage message = held.View;
        if (held.IsBroadcast)
        {
            if (gate.MayHaveCopy(message, receiver, isEavesdropping: false))
            {
                delivery.DeliverBroadcast(receiver, message, ChargeKind.Sent);
                receiver.Given?.Add();
            }
        }
        else if (Passes(message, receiver, ReplyStateOf(message, isRequested: false)))
        {
            ToReceiver(message, receiver);
        }
    }

    /// <summary>Sends a copy of a message on that is kept until its receiver has it, at the receiver's expense.</summary>
    internal DeliveryResult RouteCopy(HeldMessage held, Connection receiver)
    {
        RoutedMessage message = held.View;
        if (!gate.Check(message, receiver, ReplyStateOf(message, isRequested: false)).IsNone)
        {
            return DeliveryResult.Denied;
        }

        if (receiver.Sight is not null && connections.Find(held.Sender.UniqueName) is { } sender)
        {
            signals.Meet(sender, receiver);
        }

        DeliveryResult result = delivery.TryDeliver(receiver, message, ChargeKind.Received);
        if (result == DeliveryResult.Queued)
        {
            eavesdroppers.Offer(message, receiver);
        }

        return result;
    }

    private static bool IsToBus(in RoutedMessage message) => message.Header.Destination.IsPresent
        ? message.Destination.SequenceEqual("org.freedesktop.DBus"u8)
        : message.Type == MessageType.MethodCall;

    /// <summary>Exactly this interface: its sub-interfaces (Properties, ObjectManager) are every service's.</summary>
    private static bool IsForgedBusSignal(in RoutedMessage message) =>
        message.Type == MessageType.Signal && message.Interface.SequenceEqual("org.freedesktop.DBus"u8);

    private int ToBus(in RoutedMessage message)
    {
        if (!sequenced.IsEmpty && sequenced.IsAwaited(message))
        {
            monitors.Offer(message, null);
            sequenced.TakeReply(message);
            return 1;
        }

        // Nobody's policy need allow what the bus has asked for.
        if (message.Header.ReplySerial != 0 && driver.TryTakeReply(message))
        {
            monitors.Offer(message, null);
            return 1;
        }

        // Before Hello the driver refuses all but Hello; what has no destination is Peer's, which everybody may ask.
        bool isJudged = message.Sender!.IsRegistered && message.Header.Destination.IsPresent;
        DBusError denial = isJudged ? gate.Check(message, null, ReplyStateOf(message, isRequested: false)) : default;

        // As dbus-daemon: monitors see what a signal of systemd's brings about before that signal.
        bool isTaken = message.Type == MessageType.Signal && denial.IsNone && driver.TryTakeSignal(message);
        monitors.Offer(message, null);
        if (!denial.IsNone)
        {
            bus.SendError(message, denial);
            return 1;
        }

        if (message.Type == MessageType.MethodCall)
        {
            driver.Call(message.Sender!, message);
        }
        else if (!isTaken)
        {
            drops.Drop(message, DropReason.ToBus);
        }

        eavesdroppers.Offer(message, null);
        return 1;
    }

    private static ReplyState ReplyStateOf(in RoutedMessage message, bool isRequested) =>
        message.Header.ReplySerial == 0 ? ReplyState.NoReply : isRequested ? ReplyState.Requested : ReplyState.Unrequested;

    /// <summary>Whether the policy lets a message through; if not, its sender is told.</summary>
    private bool Passes(in RoutedMessage message, Connection? receiver, ReplyState reply)
    {
        DBusError denial = gate.Check(message, receiver, reply);
        if (!denial.IsNone)
        {
            bus.SendError(message, message.Sender!.Sight is null || visibility.Sees(message.Sender!, message.Destination) ? denial : Absent(message));
        }

        return denial.IsNone;
    }

    private int ToPeer(in RoutedMessage message)
    {
        Connection? receiver = connections.OwnerOf(message.Destination, names);
        if (receiver is null)
        {
            ToNobody(message);
            return 2;
        }

        monitors.Offer(message, receiver);
        if (message.Type is MessageType.MethodReturn or MessageType.Error)
        {
            handover.Reply(message, receiver);
        }
        else if (Passes(message, receiver, ReplyStateOf(message, isRequested: false)) && (sequenced.IsEmpty || !sequenced.TryTake(message)))
        {
            ToReceiver(message, receiver);
        }

        return 2;
    }

    /// <summary>What the sender is told of a destination that is not there, or not for it.</summary>
    private static DBusError Absent(in RoutedMessage message)
    {
        string name = System.Text.Encoding.ASCII.GetString(message.Destination);
        return (message.Header.Flags & MessageFlags.NoAutoStart) == 0 ? DBusError.ServiceUnknown(name) : DBusError.NameHasNoOwner(name);
    }

    private void ToReceiver(in RoutedMessage message, Connection receiver)
    {
        if (receiver.Sight is not null || message.Sender!.Sight is not null)
        {
            signals.Meet(message.Sender!, receiver);
        }

        if (message.Type == MessageType.MethodCall)
        {
            handover.Call(message, receiver);
        }
        else
        {
            handover.Signal(message, receiver);
        }

        eavesdroppers.Offer(message, receiver);
    }

    private void ToNobody(in RoutedMessage message)
    {
        bool mayStart = (message.Header.Flags & MessageFlags.NoAutoStart) == 0;
        DBusError refusal = default;
        bool isTaken = mayStart && message.Type is MessageType.MethodCall or MessageType.Signal && absent.TryTake(message, out refusal);

        // As dbus-daemon: monitors see what systemd is asked for before the message that made it necessary.
        monitors.Offer(message, null);
        if (isTaken)
        {
            if (!refusal.IsNone)
            {
                bus.SendError(message, message.Sender!.Sight is null || visibility.Sees(message.Sender!, message.Destination) ? refusal : Absent(message));
            }

            return;
        }

        if (message.ExpectsReply)
        {
            bus.SendError(message, Absent(message));
        }
        else if (message.Type is MessageType.MethodCall or MessageType.Signal)
        {
            drops.Drop(message, DropReason.ToNobody);
        }
        else
        {
            drops.Drop(message, DropReason.UnexpectedReply);
        }
    }
}
