using System.Text;
using XcpBroker.Auth.Policy;
using XcpBroker.Buffering;
using XcpBroker.Connections;
using XcpBroker.Journal;
using XcpBroker.Monitoring;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Protocol.Names;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>Durable messages, for those who send and receive them: Post, Ack and ListDeliveries of org.xen.xcp.Broker1. docs/operations.md.</summary>
internal sealed class DurableMethods(
    BufferTable table, NameBuffers buffers, DurableDelivery delivery, MessageJournal journal, NameRegistry<Connection> names, PolicyGate gate,
    Visibility visibility, MonitorTap monitors, BusMessages bus)
{
    private readonly MessageBuilder _posted = new();

    /// <summary>Takes apart whoever did not read its answer; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    internal IEnumerable<DriverMethod> Table =>
    [
        new(BrokerMethods.Interface, "Post", "sssssv", "t", Post) { Path = PathRule.BrokerOnly, IsForDomains = true },
        new(BrokerMethods.Interface, "Ack", "t", "", Acknowledge) { Path = PathRule.BrokerOnly, IsForDomains = true },
        new(BrokerMethods.Interface, "ListDeliveries", "s", "a(tsuu)", ListDeliveries) { Path = PathRule.BrokerOnly, IsForDomains = true },
    ];

    /// <summary>A call that wants no answer, as if the caller had sent it; answered when it is on disk.</summary>
    private DBusError Post(ref DriverCall call)
    {
        string name = call.ReadString();
        DBusError error = Build(ref call, name);
        if (!error.IsNone)
        {
            return error;
        }

        ReadOnlySpan<byte> destination = StrictUtf8.Instance.GetBytes(name);
        bool isThere = visibility.SeesAbsent(call.Caller, name);
        if (!isThere || !table.TryOpen(destination, call.Caller, out NameBuffer? buffer) || buffer is { Declaration.IsDurable: false })
        {
            return DBusError.NotDurable(name);
        }

        if (buffer is null)
        {
            return table.Full(destination);
        }

        ReadOnlySpan<byte> bytes = _posted.Finish(call.ReplySerial);
        MessageViolation violation = MessageHeader.TryParse(bytes, out MessageHeader header);
        if (violation != MessageViolation.None)
        {
            return DBusError.InvalidArgs($"This is no message: {violation.Describe()}.");
        }

        RoutedMessage message = new(bytes, header, bytes[..header.BodyOffset]) { Sender = call.Caller };
        Connection? owner = names.OwnerOf(name);
        monitors.Offer(message, owner);
        error = owner is null ? gate.CheckSendToAbsent(message, name) : gate.Check(message, owner, ReplyState.NoReply);
        if (error.IsNone)
        {
            error = buffers.Post(buffer, message, new WaitingCall(call.Caller, call.ReplySerial, call.ExpectsReply), owner is not null);
        }

        if (error.IsNone)
        {
            call.AnswerLater();
        }

        return error;
    }

    private DBusError Build(ref DriverCall call, string name)
    {
        string path = call.ReadString();
        string @interface = call.ReadString();
        string member = call.ReadString();
        string signature = call.ReadString();
        ReadOnlySpan<byte> body = call.Arguments.ReadSignature();
        if (!BusName.IsValidWellKnown(name))
        {
            return DBusError.InvalidBusName(name);
        }

        string? mistake = !ObjectPath.IsValid(path) ? $"\"{path}\" is no object path"
            : @interface.Length > 0 && !MemberNames.IsValidInterface(@interface) ? $"\"{@interface}\" is no interface"
            : !MemberNames.IsValidMember(member) ? $"\"{member}\" is no member"
            : body.Contains((byte)'h') ? "file descriptors cannot be kept"
            : null;
        bool isOneValue = Ascii.Equals(body, signature);
        bool isStruct = body.Length > 2 && body[0] == WireType.StructBegin && Ascii.Equals(body[1..^1], signature);
        if (mistake is null && signature.Length > 0 && !isOneValue && !isStruct)
        {
            mistake = $"the body is neither of the type \"{signature}\" nor a struct of these types";
        }

        if (mistake is not null)
        {
            return DBusError.InvalidArgs($"The message cannot be posted: {mistake}.");
        }

        _posted.Begin(new MessageFields
        {
            Type = MessageType.MethodCall,
            Flags = MessageFlags.NoReplyExpected,
            Path = path,
            Interface = @interface,
            Member = member,
            Destination = name,
            Sender = call.Caller.UniqueNameText,
            Signature = signature,
        });
        if (signature.Length > 0)
        {
            if (!isOneValue)
            {
                call.Arguments.AlignStruct();
            }

            ValueCopy.Copy(ref call.Arguments, isOneValue ? body : body[1..^1], _posted.Body);
        }

        return default;
    }

    /// <summary>Answered when the journal has noted it on disk: it does not come again.</summary>
    private DBusError Acknowledge(ref DriverCall call)
    {
        DBusError error = delivery.Acknowledge(call.Caller, call.Arguments.ReadUInt64());
        if (error.IsNone)
        {
            WaitingCall waiting = new(call.Caller, call.ReplySerial, call.ExpectsReply);
            call.AnswerLater();
            journal.WhenOnDisk(problem => Answer(waiting, problem));
        }

        return error;
    }

    private void Answer(WaitingCall call, string? problem)
    {
        bus.Answer(call, problem is null ? default : DBusError.Failed($"Acknowledged, but should the broker end now the message comes again: {problem}"));
        TakeApartDoomed();
    }

    /// <summary>What the caller has been given of a name and has not confirmed. All of it was sent before the answer.</summary>
    private DBusError ListDeliveries(ref DriverCall call)
    {
        string name = call.ReadString();
        if (!table.TryFind(name, out NameBuffer? buffer) || !visibility.SeesAbsent(call.Caller, name))
        {
            return DBusError.NoBuffer(name);
        }

        WireWriter reply = call.BeginReply();
        int array = reply.BeginArray(8);
        for (HeldMessage? message = buffer.GivenTo == call.Caller ? buffer.Waiting.First : null; message is not null; message = message.Next)
        {
            if (message.Durable is { IsGiven: true } entry)
            {
                reply.BeginStruct();
                reply.WriteUInt64(entry.Sequence);
                reply.WriteString(message.Sender.UniqueName);
                reply.WriteUInt32(message.Serial);
                reply.WriteUInt32(entry.Deliveries);
            }

            if (message == buffer.LastGiven)
            {
                break;
            }
        }

        reply.EndArray(array);
        return default;
    }
}
