using XcpBroker.Connections;
using XcpBroker.Metrics;
using XcpBroker.Monitoring;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;
using XcpBroker.Quotas;
using XcpBroker.Transport;

namespace XcpBroker.Routing;

/// <summary>Messages that the bus makes itself: replies, errors, and the signals of org.freedesktop.DBus.</summary>
/// <remarks>
/// Host-native byte order, NO_REPLY_EXPECTED, a serial of its own each (the copies of a broadcast share it). All of them are paid
/// from the receiver's reserve: a peer that does not even read these is ended.
/// </remarks>
internal sealed class BusMessages(
    Delivery delivery, Broadcast broadcast, MonitorTap monitors, UnsentErrors unsent, PolicyGate gate, BusSerials serials, BrokerCounters counters)
{
    private const string Path = "/org/freedesktop/DBus";

    private readonly MessageBuilder _reply = new();
    private readonly MessageBuilder _message = new();
    private FdSet? _replyFds;
    private uint _replySerial;

    // Of the reply that lies in its builder, if the next one may take over its header: peers ask in series.
    private byte[]? _repliedTo;
    private string? _replySignature;

    /// <summary>The last serial used.</summary>
    internal uint Serial => serials.Last;

    /// <summary>Starts the answer to a call; its arguments go into the returned writer. The descriptors are taken over.</summary>
    internal WireWriter BeginReply(Connection caller, uint replySerial, string signature, FdSet? fds)
    {
        DiscardReply();
        _replyFds = fds;
        _replySerial = replySerial;
        byte[] name = caller.UniqueName;
        if (fds is null && ReferenceEquals(_repliedTo, name) && ReferenceEquals(_replySignature, signature))
        {
            _reply.BeginReplyAgain(replySerial);
            return _reply.Body;
        }

        _repliedTo = fds is null && caller.IsRegistered ? name : null;
        _replySignature = signature;
        _reply.Begin(new MessageFields
        {
            Type = MessageType.MethodReturn,
            Flags = MessageFlags.NoReplyExpected,
            ReplySerial = replySerial,
            Sender = BusName.Driver,
            Signature = signature,
            UnixFds = (uint)(fds?.Count ?? 0),
        }, NameOf(caller));
        return _reply.Body;
    }

    internal void SendReply(Connection caller)
    {
        DeliveryResult result = SendTo(caller, _reply, _replyFds);
        DiscardReply();
        if (result == DeliveryResult.OverFds)
        {
            SendErrorTo(caller, _replySerial, DBusError.Failed("Too many file descriptors wait for you already: read them first."));
        }
        else if (result == DeliveryResult.OverShare)
        {
            SendErrorTo(caller, _replySerial, DBusError.Failed("The reply does not fit into your share of max_total_bytes: read what waits for you first."));
        }
        else if (result == DeliveryResult.OverReserve)
        {
            SendErrorTo(caller, _replySerial, DBusError.Failed("Too much waits for you already (max_outgoing_bytes): read it first."));
        }
    }

    /// <summary>The caller wants no answer.</summary>
    internal void DiscardReply()
    {
        _replyFds?.Release();
        _replyFds = null;
    }

    /// <summary>Tells a message's sender why it went nowhere; if it said that it wants no answer, only monitors.</summary>
    internal void SendError(in RoutedMessage failed, DBusError error)
    {
        if ((failed.Header.Flags & MessageFlags.NoReplyExpected) != 0)
        {
            ShowUnsent(failed, error);
            return;
        }

        SendErrorTo(failed.Sender!, failed.Header.Serial, error);
    }

    /// <summary>Tells monitors alone why a message went nowhere.</summary>
    internal void ShowUnsent(in RoutedMessage failed, DBusError error)
    {
        counters.ErrorsUnwanted++;
        unsent.Show(failed, error);
    }

    /// <summary>Ends a call without values to return, if somebody waits for that: with the error, if there is one.</summary>
    internal void Answer(WaitingCall call, DBusError error)
    {
        if (!call.IsAwaited)
        {
            return;
        }

        if (error.IsNone)
        {
            BeginReply(call.Caller, call.Serial, "", null);
            SendReply(call.Caller);
        }
        else
        {
            SendErrorTo(call.Caller, call.Serial, error);
        }
    }

    internal void SendErrorTo(Connection receiver, uint replySerial, DBusError error)
    {
        _message.Begin(new MessageFields
        {
            Type = MessageType.Error,
            Flags = MessageFlags.NoReplyExpected,
            ErrorName = error.Name,
            ReplySerial = replySerial,
            Sender = BusName.Driver,
            Signature = "s",
        }, NameOf(receiver));
        _message.Body.WriteString(error.Message);
        SendTo(receiver, _message);
    }

    /// <summary>Specification, "org.freedesktop.DBus.NameAcquired".</summary>
    internal void SendNameAcquired(Connection owner, string name) => SendNameSignal("NameAcquired", owner, name);

    /// <summary>Specification, "org.freedesktop.DBus.NameLost".</summary>
    internal void SendNameLost(Connection owner, string name) => SendNameSignal("NameLost", owner, name);

    /// <summary>Specification, "org.freedesktop.DBus.NameOwnerChanged": to all that match; an empty name is nobody.</summary>
    /// <returns>Work done, as <see cref="Broadcast.Send"/> counts it.</returns>
    internal int BroadcastNameOwnerChanged(string name, string oldOwner, string newOwner, Predicate<Connection>? who = null)
    {
        _message.Begin(new MessageFields
        {
            Type = MessageType.Signal,
            Flags = MessageFlags.NoReplyExpected,
            Path = Path,
            Interface = BusName.Driver,
            Member = "NameOwnerChanged",
            Sender = BusName.Driver,
            Signature = "sss",
        });
        _message.Body.WriteString(name);
        _message.Body.WriteString(oldOwner);
        _message.Body.WriteString(newOwner);
        return BroadcastMessage(who);
    }

    /// <summary>dbus-daemon's signal of the same name (feature ActivatableServicesChanged): descriptors have been read again.</summary>
    internal void BroadcastActivatableServicesChanged()
    {
        _message.Begin(new MessageFields
        {
            Type = MessageType.Signal,
            Flags = MessageFlags.NoReplyExpected,
            Path = Path,
            Interface = BusName.Driver,
            Member = "ActivatableServicesChanged",
            Sender = BusName.Driver,
        });
        BroadcastMessage();
    }

    /// <summary>Asks a peer for a sign of life; no rule of the policy is in the way, since the bus asks for its own sake.</summary>
    /// <returns>The serial that the answer refers to.</returns>
    internal uint SendPing(Connection peer)
    {
        _message.Begin(new MessageFields
        {
            Type = MessageType.MethodCall,
            Path = Path,
            Interface = "org.freedesktop.DBus.Peer",
            Member = "Ping",
            Sender = BusName.Driver,
        }, NameOf(peer));
        RoutedMessage message = Finish(_message);
        monitors.Offer(message, peer);
        _ = delivery.TryDeliver(peer, message, ChargeKind.Reserved);
        return message.Header.Serial;
    }

    /// <summary>Starts a message of any kind to one peer; its arguments go into the returned writer.</summary>
    internal WireWriter BeginMessage(MessageFields fields)
    {
        _message.Begin(fields with { Sender = BusName.Driver });
        return _message.Body;
    }

    /// <returns>Whether it waits for the receiver now.</returns>
    internal bool SendMessage(Connection receiver) => SendTo(receiver, _message) == DeliveryResult.Queued;

    /// <summary>Sends the signal that was begun to all that match, and of these to those alone.</summary>
    /// <param name="who">Who may have it besides what the policy says; null: everybody.</param>
    /// <returns>Work done, as <see cref="Broadcast.Send"/> counts it.</returns>
    internal int BroadcastMessage(Predicate<Connection>? who = null)
    {
        RoutedMessage message = Finish(_message);
        monitors.Offer(message, null);
        return broadcast.Send(message, ChargeKind.Reserved, who);
    }

    /// <summary>Sends what monitors have seen already, by <see cref="ShowMessage"/>.</summary>
    internal void SendShownMessage(Connection receiver) => SendTo(receiver, _message, isShown: true);

    /// <summary>Shows it to monitors before there is anybody to send it to.</summary>
    internal void ShowMessage() => monitors.Offer(Finish(_message), null);

    /// <summary>None before Hello: then messages have no DESTINATION.</summary>
    private static ReadOnlySpan<byte> NameOf(Connection connection) => connection.IsRegistered ? connection.UniqueName : default;

    private RoutedMessage Finish(MessageBuilder builder, FdSet? fds = null)
    {
        ReadOnlySpan<byte> bytes = builder.Finish(serials.Next());
        return new RoutedMessage(bytes, in builder.Header, bytes[..builder.Header.BodyOffset]) { Fds = fds };
    }

    private void SendNameSignal(string member, Connection owner, string name)
    {
        _message.Begin(new MessageFields
        {
            Type = MessageType.Signal,
            Flags = MessageFlags.NoReplyExpected,
            Path = Path,
            Interface = BusName.Driver,
            Member = member,
            Sender = BusName.Driver,
            Signature = "s",
        }, NameOf(owner));
        _message.Body.WriteString(name);
        SendTo(owner, _message);
    }

    private DeliveryResult SendTo(Connection receiver, MessageBuilder builder, FdSet? fds = null, bool isShown = false)
    {
        RoutedMessage message = Finish(builder, fds);
        if (!isShown)
        {
            monitors.Offer(message, receiver);
        }

        return gate.MayHear(message, receiver) ? delivery.TryDeliver(receiver, message, ChargeKind.Reserved) : DeliveryResult.Denied;
    }
}
