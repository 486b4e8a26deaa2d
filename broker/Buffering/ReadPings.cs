using XcpBroker.Connections;
using XcpBroker.Protocol.Messages;
using XcpBroker.Routing;

namespace XcpBroker.Buffering;

/// <summary>The pings that the bus sends behind durable messages: whoever answers one has read what was before it.</summary>
internal sealed class ReadPings(BusMessages bus)
{
    private readonly Dictionary<uint, ReadPing> _pings = [];

    internal bool IsEmpty => _pings.Count == 0;

    /// <summary>Sends one behind the last message that the owner of a name was given, unless that has been done, or one is under way.</summary>
    internal void SendBehind(NameBuffer buffer, Connection owner)
    {
        ulong last = buffer.LastGiven?.Durable!.Sequence ?? 0;
        if (buffer.PingSerial == 0 && last > buffer.PingedUpTo)
        {
            buffer.PingedUpTo = last;
            buffer.PingSerial = bus.SendPing(owner);
            _pings.Add(buffer.PingSerial, new ReadPing(buffer, owner, last));
        }
    }

    /// <summary>Whether a message to the bus is the answer of who was asked.</summary>
    internal bool IsAwaited(in RoutedMessage reply) =>
        _pings.TryGetValue(reply.Header.ReplySerial, out ReadPing ping) && ping.Owner == reply.Sender
        && reply.Type is MessageType.MethodReturn or MessageType.Error;

    /// <summary>What such an answer says.</summary>
    internal ReadPing Take(in RoutedMessage reply)
    {
        uint serial = reply.Header.ReplySerial;
        _ = _pings.Remove(serial, out ReadPing ping);
        NameBuffer buffer = ping.Buffer;
        buffer.PingSerial = buffer.PingSerial == serial ? 0 : buffer.PingSerial;
        return ping;
    }

    /// <summary>A peer will not answer any more.</summary>
    internal void Forget(Connection owner)
    {
        foreach ((uint serial, ReadPing ping) in _pings)
        {
            if (ping.Owner == owner)
            {
                _pings.Remove(serial);
            }
        }
    }
}

/// <summary>One ping.</summary>
/// <param name="Buffer">Of the name.</param>
/// <param name="Owner">Its owner, who was asked.</param>
/// <param name="UpTo">The sequence number of the last message before it.</param>
internal readonly record struct ReadPing(NameBuffer Buffer, Connection Owner, ulong UpTo);
