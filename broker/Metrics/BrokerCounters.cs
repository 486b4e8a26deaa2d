namespace XcpBroker.Metrics;

/// <summary>What the bus has counted since it started. Written by the loop only.</summary>
internal sealed class BrokerCounters
{
    /// <summary>Messages of unknown type, ignored.</summary>
    internal ulong UnknownTypes { get; set; }

    /// <summary>Signals of peers with the interface org.freedesktop.DBus, dropped.</summary>
    internal ulong ForgedSignals { get; set; }

    /// <summary>Replies that nobody awaited, dropped.</summary>
    internal ulong UnexpectedReplies { get; set; }

    /// <summary>Replies that could not be given to their caller, who got an error instead.</summary>
    internal ulong RepliesReplaced { get; set; }

    /// <summary>Unicast signals, and calls that want no answer, to names that nobody owns.</summary>
    internal ulong UnicastsToNobody { get; set; }

    /// <summary>Calls and unicast signals that their receiver could not take.</summary>
    internal ulong UnicastsRefused { get; set; }

    /// <summary>Copies of broadcasts that their receiver could not take.</summary>
    internal ulong BroadcastsLost { get; set; }

    /// <summary>Errors that were not sent, since the message said that it wants no answer.</summary>
    internal ulong ErrorsUnwanted { get; set; }

    /// <summary>Signals and replies addressed to the bus, ignored.</summary>
    internal ulong MessagesToBusIgnored { get; set; }

    /// <summary>Connections that ended, for whatever reason.</summary>
    internal ulong Disconnects { get; set; }

    /// <summary>Connections ended by the broker.</summary>
    internal ulong DisconnectsByBroker { get; set; }
}
