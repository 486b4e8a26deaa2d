using XcpBroker.Connections;
using XcpBroker.Loop;

namespace XcpBroker.Liveness;

/// <summary>What is known of the life of one remote peer.</summary>
internal sealed class PeerWatch(Connection connection)
{
    internal Connection Connection => connection;

    /// <summary>The next look.</summary>
    internal Deadline Look { get; set; }

    /// <summary>The serial of the Ping that is not answered; 0: there is none.</summary>
    internal uint PingSerial { get; set; }

    /// <summary>When it was sent, as a timestamp of the clock.</summary>
    internal long PingedAt { get; set; }

    /// <summary>It was said that the peer does not answer.</summary>
    internal bool IsReported { get; set; }

    private uint _messages;
    private int _bytes;

    /// <summary>Whether anything has come since the last time, be it a piece of a message.</summary>
    internal bool HasSpoken()
    {
        bool hasSpoken = connection.Counters.IncomingMessages != _messages || connection.HeldBytes != _bytes;
        (_messages, _bytes) = (connection.Counters.IncomingMessages, connection.HeldBytes);
        return hasSpoken;
    }
}
