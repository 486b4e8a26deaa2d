using XcpBroker.Auth.Policy;
using XcpBroker.Connections;
using XcpBroker.Domains;
using XcpBroker.Loop;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;
using XcpBroker.Reloading;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>org.xen.xcp.Broker1 at /org/xen/xcp/broker: what an operator asks this broker. docs/operations.md, "Asking the bus".</summary>
internal sealed class BrokerMethods(
    ConnectionTable connections, NameRegistry<Connection> names, PolicyGate gate, NameReservations reservations, ConfigurationSource source,
    BusMessages bus, BusLoop loop)
{
    internal const string Interface = "org.xen.xcp.Broker1";
    internal const string Path = "/org/xen/xcp/broker";

    /// <summary>Texts that are read at the same time: each may wait for a directory server.</summary>
    private const int MaxChecks = 4;

    private int _checks;

    /// <summary>Takes apart whoever did not read its answer; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    internal IEnumerable<DriverMethod> Table =>
    [
        new(Interface, "CheckConfig", "s", "basas", CheckConfig) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(Interface, "ExplainPolicy", "ssssss", "ba(sbs)", ExplainPolicy) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(Interface, "ExplainOwn", "ss", "bs", ExplainOwn) { Path = PathRule.BrokerOnly, IsPrivileged = true },
    ];

    private static string Text(PolicyVerdict verdict) => verdict.Rule is { } rule ? $"{rule.Source} {rule}" : "no rule matches";

    private static void Write(WireWriter reply, string act, PolicyVerdict verdict)
    {
        reply.BeginStruct();
        reply.WriteString(act);
        reply.WriteBoolean(verdict.IsAllowed);
        reply.WriteString(Text(verdict));
    }

    private static void Write(WireWriter reply, IReadOnlyList<string> texts)
    {
        int array = reply.BeginArray(4);
        foreach (string text in texts)
        {
            reply.WriteString(text);
        }

        reply.EndArray(array);
    }

    private static void Answer(WireWriter reply, PolicyVerdict send, PolicyVerdict? receive)
    {
        reply.WriteBoolean(send.IsAllowed && receive is not { IsAllowed: false });
        int array = reply.BeginArray(8);
        Write(reply, "send", send);
        if (receive is { } verdict)
        {
            Write(reply, "receive", verdict);
        }

        reply.EndArray(array);
    }

    private static string? OrNone(string text) => text.Length == 0 ? null : text;

    private static string? Flaw(PolicyQuestion question) =>
        question.Path is { } path && !ObjectPath.IsValid(path) ? $"\"{path}\" is not an object path."
        : question.Interface is { } name && !MemberNames.IsValidInterface(name) ? $"\"{name}\" is not an interface."
        : question.Member is { } member && !MemberNames.IsValidMember(member) ? $"\"{member}\" is not a member."
        : null;

    private DBusError CheckConfig(ref DriverCall call)
    {
        if (_checks >= MaxChecks)
        {
            return DBusError.TooManyAtOnce("calls of CheckConfig", MaxChecks);
        }

        _checks++;
        byte[] text = call.Arguments.ReadString().ToArray();
        WaitingCall waiting = new(call.Caller, call.ReplySerial, call.ExpectsReply);
        call.AnswerLater();
        source.RunElsewhere(() =>
        {
            ConfigurationCheck check = source.Check(text);
            loop.Schedule(_ => Answer(waiting, check), null);
        });
        return default;
    }

    private void Answer(WaitingCall call, ConfigurationCheck check)
    {
        _checks--;
        if (call.IsAwaited)
        {
            WireWriter reply = bus.BeginReply(call.Caller, call.Serial, "basas", null);
            reply.WriteBoolean(check.Errors.Count == 0);
            Write(reply, check.Errors);
            Write(reply, check.Warnings);
            bus.SendReply(call.Caller);
            TakeApartDoomed();
        }
    }

    /// <summary>A message of one peer to another as they are now, with their users, groups and names. Empty: the message has no such field.</summary>
    private DBusError ExplainPolicy(ref DriverCall call)
    {
        DBusError error = Find(call.ReadString(), out Connection? sender);
        string destination = call.ReadString();
        string type = call.ReadString();
        if (error.IsNone && type is not ("method_call" or "signal"))
        {
            error = DBusError.InvalidArgs($"The type \"{type}\" is neither method_call nor signal.");
        }

        // Who receives what is for all cannot be said: it is judged as sent to a peer without names.
        PolicyPeer? receiver = destination.Length == 0 && type == "signal" ? new PolicyPeer(null, null, []) : null;
        bool isThere = receiver is null;
        if (error.IsNone && destination is not ("" or BusName.Driver))
        {
            error = FindReceiver(destination, out receiver, out isThere);
        }

        if (!error.IsNone)
        {
            return error;
        }

        PolicyQuestion question = new()
        {
            Type = type == "signal" ? MessageType.Signal : MessageType.MethodCall,
            Sender = gate.Describe(sender!),
            Receiver = receiver,
            IsBroadcast = destination.Length == 0 && type == "signal",
            Path = OrNone(call.ReadString()),
            Interface = OrNone(call.ReadString()),
            Member = OrNone(call.ReadString()),
        };
        if (Flaw(question) is { } flaw)
        {
            return DBusError.InvalidArgs(flaw);
        }

        (PolicyVerdict send, PolicyVerdict? receive) = question.Ask(gate.Policy);
        Answer(call.BeginReply(), send, isThere ? receive : null);
        return default;
    }

    private DBusError ExplainOwn(ref DriverCall call)
    {
        DBusError error = Find(call.ReadString(), out Connection? peer);
        string name = call.ReadString();
        if (!error.IsNone)
        {
            return error;
        }

        if (!BusName.IsValid(name))
        {
            return DBusError.InvalidBusName(name);
        }

        PolicyVerdict verdict = peer!.Policy!.CheckOwn(name);
        bool isElsewhere = verdict.IsAllowed && !reservations.MayOwn(peer, name);
        WireWriter reply = call.BeginReply();
        reply.WriteBoolean(verdict.IsAllowed && !isElsewhere);
        reply.WriteString(isElsewhere ? $"reserved to the domain {reservations.DomainOf(name)} by its descriptor" : Text(verdict));
        return default;
    }

    /// <summary>Whoever is of that name; a service that is away is judged by its name alone.</summary>
    private DBusError FindReceiver(string name, out PolicyPeer? peer, out bool isThere)
    {
        isThere = Find(name, out Connection? connection).IsNone;
        peer = isThere ? gate.Describe(connection!) : new PolicyPeer(null, null, [name]) { Domain = reservations.PlaceOf(name) };
        return isThere || (BusName.IsValid(name) && name[0] != ':') ? default : DBusError.NameHasNoOwner(name);
    }

    private DBusError Find(string name, out Connection? connection)
    {
        connection = connections.OwnerOf(StrictUtf8.Instance.GetBytes(name), names);
        return connection is null ? DBusError.NameHasNoOwner(name) : default;
    }
}
