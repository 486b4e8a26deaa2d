using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Driver;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>Says that the buffer of a name is full, once until half of what waited has gone: in the log, and to root and the bus's own user as a signal.</summary>
internal sealed class BufferAlarm(BusMessages bus, Privilege privilege, ILogger log)
{
    /// <summary>There was no room for a message.</summary>
    internal void Refused(NameBuffer buffer, Connection sender)
    {
        if (buffer.FullAt > 0)
        {
            return;
        }

        buffer.FullAt = Math.Max(1, buffer.Waiting.Count);
        BufferLog.Full(log, buffer.Name, sender.UniqueNameText, buffer.Waiting.Count, buffer.Waiting.Bytes);
        WireWriter body = bus.BeginMessage(new MessageFields
        {
            Type = MessageType.Signal,
            Flags = MessageFlags.NoReplyExpected,
            Path = BrokerMethods.Path,
            Interface = BrokerMethods.Interface,
            Member = "BufferFull",
            Signature = "ssut",
        });
        body.WriteString(buffer.Name);
        body.WriteString(sender.UniqueNameText);
        body.WriteUInt32((uint)buffer.Waiting.Count);
        body.WriteUInt64((ulong)buffer.Waiting.Bytes);
        bus.BroadcastMessage(privilege.IsPrivileged);
    }

    /// <summary>There was room.</summary>
    internal static void Fitted(NameBuffer buffer)
    {
        if (buffer.FullAt > 0 && buffer.Waiting.Count <= buffer.FullAt / 2)
        {
            buffer.FullAt = 0;
        }
    }
}
