using XcpBroker.Buffering;
using XcpBroker.Connections;
using XcpBroker.Journal;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>What an operator asks of messages that wait: the part of org.xen.xcp.Broker1 on buffers. docs/operations.md, "Messages that wait".</summary>
internal sealed class BufferMethods(
    BufferTable table, NameBuffers buffers, DurableDelivery durable, MessageJournal journal, NameRegistry<Connection> names, BusMessages bus, TimeProvider clock)
{
    /// <summary>Bytes of a body that PeekBuffer shows; enough to see what it is about.</summary>
    private const int ShownBytes = 1024;

    /// <summary>Messages that PeekBuffer shows, so that its answer stays far below a message's limit.</summary>
    private const int ShownMessages = 1000;

    /// <summary>Takes apart whoever did not read its answer; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    internal IEnumerable<DriverMethod> Table =>
    [
        new(BrokerMethods.Interface, "ListBuffers", "", "a(suttbsu)", ListBuffers) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(BrokerMethods.Interface, "PeekBuffer", "s", "a(yyusssssttay)", PeekBuffer) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(BrokerMethods.Interface, "PurgeBuffer", "s", "u", PurgeBuffer) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(BrokerMethods.Interface, "PeekSetAside", "s", "a(yyusssssttay)", PeekSetAside) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(BrokerMethods.Interface, "PurgeSetAside", "s", "u", PurgeSetAside) { Path = PathRule.BrokerOnly, IsPrivileged = true },
        new(BrokerMethods.Interface, "RetrySetAside", "s", "u", RetrySetAside) { Path = PathRule.BrokerOnly, IsPrivileged = true },
    ];

    private DBusError ListBuffers(ref DriverCall call)
    {
        WireWriter reply = call.BeginReply();
        int array = reply.BeginArray(8);
        foreach (NameBuffer buffer in table.All)
        {
            bool isOwned = names.OwnerOf(buffer.Name) is not null;
            reply.BeginStruct();
            reply.WriteString(buffer.Name);
            reply.WriteUInt32((uint)buffer.Waiting.Count);
            reply.WriteUInt64((ulong)buffer.Waiting.Bytes);
            reply.WriteUInt64(buffer.Waiting.First is { } oldest ? Age(oldest) : 0);
            reply.WriteBoolean(isOwned);
            reply.WriteString(isOwned ? "" : buffer.LastFailure ?? (buffer.IsWithdrawn ? "it is no longer declared" : "nobody has come to own it"));
            reply.WriteUInt32((uint)buffer.SetAside.Count);
        }

        reply.EndArray(array);
        return default;
    }

    private DBusError PeekBuffer(ref DriverCall call)
    {
        DBusError error = Find(ref call, out NameBuffer? buffer);
        return error.IsNone ? Show(ref call, buffer?.Waiting) : error;
    }

    private DBusError PeekSetAside(ref DriverCall call)
    {
        DBusError error = Find(ref call, out NameBuffer? buffer);
        return error.IsNone ? Show(ref call, buffer?.SetAside) : error;
    }

    private DBusError PurgeSetAside(ref DriverCall call)
    {
        DBusError error = Find(ref call, out NameBuffer? buffer);
        if (error.IsNone)
        {
            AnswerWhenNoted(ref call, buffer is null ? 0 : durable.PurgeSetAside(buffer, call.Caller));
        }

        return error;
    }

    private DBusError RetrySetAside(ref DriverCall call)
    {
        DBusError error = Find(ref call, out NameBuffer? buffer);
        if (error.IsNone)
        {
            int count = buffer is null ? 0 : buffers.RetrySetAside(buffer, call.Caller);
            call.BeginReply().WriteUInt32((uint)count);
        }

        return error;
    }

    private DBusError Show(ref DriverCall call, HeldQueue? queue)
    {
        WireWriter reply = call.BeginReply();
        int array = reply.BeginArray(8);
        int shown = 0;
        for (HeldMessage? message = queue?.First; message is not null && shown < ShownMessages; message = message.Next, shown++)
        {
            Write(reply, message);
        }

        reply.EndArray(array);
        return default;
    }

    private DBusError PurgeBuffer(ref DriverCall call)
    {
        DBusError error = Find(ref call, out NameBuffer? buffer);
        if (error.IsNone)
        {
            AnswerWhenNoted(ref call, buffer is null ? 0 : buffers.Purge(buffer, call.Caller));
        }

        return error;
    }

    /// <summary>Says how many messages were dropped, once the journal has noted it on disk: they do not come again.</summary>
    private void AnswerWhenNoted(ref DriverCall call, int count)
    {
        if (!journal.IsBusy)
        {
            call.BeginReply().WriteUInt32((uint)count);
            return;
        }

        WaitingCall waiting = new(call.Caller, call.ReplySerial, call.ExpectsReply);
        call.AnswerLater();
        journal.WhenOnDisk(problem => Answer(waiting, count, problem));
    }

    private void Answer(WaitingCall call, int count, string? problem)
    {
        if (problem is not null)
        {
            bus.Answer(call, DBusError.Failed($"{count} messages dropped, but should the broker end now durable ones come again: {problem}"));
        }
        else if (call.IsAwaited)
        {
            bus.BeginReply(call.Caller, call.Serial, "u", null).WriteUInt32((uint)count);
            bus.SendReply(call.Caller);
        }

        TakeApartDoomed();
    }

    /// <summary>The buffer of a declared name; null: it has none, since nothing waits.</summary>
    private DBusError Find(ref DriverCall call, out NameBuffer? buffer)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        return table.TryFind(name, out buffer) || table.IsDeclared(name) ? default : DBusError.NoBuffer(StrictUtf8.Instance.GetString(name));
    }

    private void Write(WireWriter reply, HeldMessage message)
    {
        RoutedMessage view = message.View;
        MessageHeader header = view.Header;
        reply.BeginStruct();
        reply.WriteByte((byte)header.Type);
        reply.WriteByte((byte)header.Flags);
        reply.WriteUInt32(header.Serial);
        reply.WriteString(message.Sender.UniqueNameText);
        reply.WriteString(StrictUtf8.Instance.GetString(view.Path));
        reply.WriteString(StrictUtf8.Instance.GetString(view.Interface));
        reply.WriteString(StrictUtf8.Instance.GetString(view.Member));
        reply.WriteString(StrictUtf8.Instance.GetString(view.Signature));
        reply.WriteUInt64(Age(message));
        reply.WriteUInt64((ulong)message.Length);
        reply.WriteByteArray(view.Body[..Math.Min(view.Body.Length, ShownBytes)]);
    }

    /// <summary>Milliseconds.</summary>
    private ulong Age(HeldMessage message) => (ulong)clock.GetElapsedTime(message.HeldAt).TotalMilliseconds;
}
