using XcpBroker.Auth;
using XcpBroker.Auth.Policy;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Monitoring;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Routing;

/// <summary>Holds messages, names and connections against the policy in force. It says yes or no and notes each no; it tells no peer.</summary>
internal sealed class PolicyGate(NameRegistry<Connection> names, DenialLog denials, UnsentErrors unsent, NameReservations reservations, PolicySet policy, uint ownUserId)
{
    private readonly List<string> _claims = [];

    /// <summary>The rules in force.</summary>
    internal PolicySet Policy { get; private set; } = policy;

    /// <summary>Puts other rules in force: from the next message on they hold for all, whenever they connected. Names stay with their owners.</summary>
    internal void Apply(PolicySet policy, IEnumerable<Connection> connections)
    {
        Policy = policy;
        foreach (Connection connection in connections)
        {
            connection.PolicyNames = null;
            connection.Policy = connection.Policy is null ? null : PolicyOf(connection);
        }
    }

    /// <summary>Whether a peer that has authenticated may stay; from then on it has a policy.</summary>
    internal bool MayConnect(Connection connection)
    {
        connection.Policy = PolicyOf(connection);
        PeerCredentials peer = connection.Credentials;
        PolicyVerdict verdict = peer.Domain is { } domain ? Policy.CheckDomainConnect(domain)
            : peer.IsAnonymous ? Policy.CheckAnonymousConnect() : Policy.CheckConnect(peer.UserId, peer.GroupIds, ownUserId);
        if (!verdict.IsAllowed)
        {
            denials.ConnectDenied(connection, verdict);
        }

        return verdict.IsAllowed;
    }

    /// <summary>Makes the rules in force those of a sender that is gone.</summary>
    internal void Judge(Connection gone)
    {
        gone.PolicyNames = null;
        gone.Policy = PolicyOf(gone);
    }

    internal DBusError CheckOwn(Connection connection, string name)
    {
        PolicyVerdict verdict = connection.Policy!.CheckOwn(name);
        if (!verdict.IsAllowed)
        {
            denials.OwnDenied(connection, name, verdict);
            return DBusError.OwnDenied(name);
        }

        if (reservations.MayOwn(connection, name))
        {
            return default;
        }

        // A peer of another domain learns nothing of that one.
        denials.OwnReserved(connection, name, reservations.DomainOf(name)!);
        return connection.Credentials.Domain is null ? DBusError.OwnReserved(name, reservations.DomainOf(name)!) : DBusError.OwnDenied(name);
    }

    /// <summary>A message of a peer to one receiver, or to the bus, which is null. None: it may pass.</summary>
    internal DBusError Check(in RoutedMessage message, Connection? receiver, ReplyState reply)
    {
        Connection sender = message.Sender!;
        return sender.Policy!.MaySendAll(message.Type) && (receiver is null || receiver.Policy!.MayReceiveAllAddressed(message.Type))
            ? default
            : CheckRules(message, receiver, Request(message, sender, receiver, reply, isEavesdropping: false));
    }

    /// <summary>A call of StartServiceByName: who may not send a single call to a service has no business to start it.</summary>
    internal DBusError CheckStart(in RoutedMessage call, string name)
    {
        PeerPolicy policy = call.Sender!.Policy!;
        if (policy.MaySendAll(MessageType.MethodCall))
        {
            return default;
        }

        PolicyVerdict verdict = policy.CheckSendAny(MessageType.MethodCall, NamesOfAbsent(name));
        return verdict.IsAllowed ? default : Deny(call, null, verdict, DeniedAct.Send);
    }

    /// <summary>A message to a service that is not running, as far as the sender's rules go.</summary>
    internal DBusError CheckSendToAbsent(in RoutedMessage message, string name)
    {
        Connection sender = message.Sender!;
        if (sender.Policy!.MaySendAll(message.Type))
        {
            return default;
        }

        PolicyRequest request = Request(message, sender, null, ReplyState.NoReply, isEavesdropping: false, receiverNames: NamesOfAbsent(name));
        PolicyVerdict verdict = sender.Policy!.CheckSend(request);
        return verdict.IsAllowed ? default : Deny(message, null, verdict, DeniedAct.Send);
    }

    /// <summary>Whether no rule for its sender can keep it from anybody.</summary>
    internal static bool MaySendToAll(in RoutedMessage message) => message.Sender is null || message.Sender.Policy!.MaySendAll(message.Type);

    /// <summary>Whether one receiver may have a copy of a message that is for all, or for another. What it may not is passed over.</summary>
    internal bool MayHaveCopy(in RoutedMessage message, Connection receiver, bool isEavesdropping)
    {
        if (!isEavesdropping && MaySendToAll(message) && receiver.Policy!.MayReceiveAllAddressed(message.Type))
        {
            return true;
        }

        DBusError denial = CheckRules(message, receiver, Request(message, message.Sender, receiver, ReplyStateOfCopy(message), isEavesdropping));
        if (!denial.IsNone && !isEavesdropping)
        {
            unsent.Show(message, denial);
        }

        return denial.IsNone;
    }

    /// <summary>Whether a message of the bus may reach the peer that it is for.</summary>
    internal bool MayHear(in RoutedMessage message, Connection receiver)
    {
        if (receiver.Policy is not { } rules || rules.MayReceiveAllAddressed(message.Type))
        {
            return true;
        }

        // The bus answers only what it was asked.
        ReplyState reply = message.Header.ReplySerial == 0 ? ReplyState.NoReply : ReplyState.Requested;
        DBusError denial = CheckRules(message, receiver, Request(message, null, receiver, reply, isEavesdropping: false));
        if (!denial.IsNone)
        {
            unsent.Show(message, denial);
        }

        return denial.IsNone;
    }

    /// <summary>A peer as the policy sees it now.</summary>
    internal PolicyPeer Describe(Connection connection) =>
        new(connection.Credentials.UserId, connection.Credentials.GroupIds, [connection.UniqueNameText, .. names.ClaimsOf(connection)])
        {
            Domain = connection.Credentials.Domain,
        };

    private PolicyNames NamesOfAbsent(string name) => Policy.NamesOf([name], reservations.PlaceOf(name));

    private static ReplyState ReplyStateOfCopy(in RoutedMessage message) =>
        message.Header.ReplySerial == 0 ? ReplyState.NoReply : ReplyState.Unrequested;

    private PeerPolicy PolicyOf(Connection connection) => connection.Credentials.Domain is { } domain
        ? Policy.ForDomain(domain)
        : Policy.ForPeer(connection.Credentials.UserId, connection.Credentials.GroupIds, isAtConsole: false);

    private PolicyRequest Request(
        in RoutedMessage message, Connection? sender, Connection? receiver, ReplyState reply, bool isEavesdropping, PolicyNames? receiverNames = null) => new()
        {
            Type = message.Type,
            Path = message.Path,
            Interface = message.Interface,
            Member = message.Member,
            ErrorName = message.Header.ErrorName.In(message.Bytes),
            Sender = sender is null ? Policy.BusNames : NamesOfSender(message, sender),
            Receiver = receiverNames ?? (receiver is null ? Policy.BusNames : NamesOf(receiver)),
            IsBroadcast = message.Type == MessageType.Signal && !message.Header.Destination.IsPresent,
            Reply = reply,
            IsEavesdropping = isEavesdropping,
            UnixFds = (int)message.Header.UnixFds,
        };

    private DBusError CheckRules(in RoutedMessage message, Connection? receiver, in PolicyRequest request)
    {
        if (message.Sender is { } sender)
        {
            PolicyVerdict send = sender.Policy!.CheckSend(request);
            if (!send.IsAllowed)
            {
                return Deny(message, receiver, send, DeniedAct.Send);
            }

            if (send.IsToBeLogged)
            {
                denials.Allowed(message, receiver, send);
            }
        }

        if (receiver is not null)
        {
            PolicyVerdict receive = receiver.Policy!.CheckReceive(request);
            if (!receive.IsAllowed)
            {
                return Deny(message, receiver, receive, DeniedAct.Receive);
            }
        }

        return default;
    }

    private DBusError Deny(in RoutedMessage message, Connection? receiver, PolicyVerdict verdict, DeniedAct act)
    {
        denials.Denied(message, receiver, verdict, act);
        string sender = message.Sender?.UniqueNameText ?? "org.freedesktop.DBus";
        string text = DenialLog.Describe(message);
        return act == DeniedAct.Send ? DBusError.SendDenied(sender, text) : DBusError.ReceiveDenied(sender, text);
    }

    /// <summary>What has waited for its receiver is judged by the names that its sender had, should it be gone.</summary>
    private PolicyNames NamesOfSender(in RoutedMessage message, Connection sender) =>
        message.Held?.NamesOfGoneSender is { } names ? Policy.NamesOf(names, sender.Credentials.Domain) : NamesOf(sender);

    /// <summary>What the rules in force know of a peer.</summary>
    internal PolicyNames NamesOf(Connection connection)
    {
        if (connection.PolicyNames is { } known)
        {
            return known;
        }

        _claims.Clear();
        _claims.Add(connection.UniqueNameText);
        foreach (string name in names.ClaimsOf(connection))
        {
            _claims.Add(name);
        }

        return connection.PolicyNames = Policy.NamesOf(_claims, connection.Credentials.Domain);
    }
}
