namespace XcpBroker.Metrics;

/// <summary>What the bus has counted since it started. Written by the loop only.</summary>
internal sealed class BrokerCounters
{
    private readonly ulong[] _dropped = new ulong[Enum.GetValues<DropReason>().Length];

    /// <summary>Messages that went nowhere although their sender was not told.</summary>
    internal ulong Dropped(DropReason reason) => _dropped[(int)reason];

    internal void CountDropped(DropReason reason) => _dropped[(int)reason]++;

    /// <summary>Replies that could not be given to their caller, who got an error instead.</summary>
    internal ulong RepliesReplaced { get; set; }

    /// <summary>Calls and unicast signals that their receiver could not take, whether or not their sender was told.</summary>
    internal ulong UnicastsRefused { get; set; }

    /// <summary>Copies of broadcasts that their receiver could not take.</summary>
    internal ulong BroadcastsLost { get; set; }

    /// <summary>Messages that the policy kept from being sent, or from one of their receivers.</summary>
    internal ulong MessagesDenied { get; set; }

    /// <summary>Errors that were not sent, since the message said that it wants no answer.</summary>
    internal ulong ErrorsUnwanted { get; set; }

    /// <summary>Times that a connection's input had to wait for room in max_total_bytes.</summary>
    internal ulong InputsPaused { get; set; }

    /// <summary>Of those, the ones whose peer left before there was room: their last message is lost.</summary>
    internal ulong InputsLost { get; set; }

    /// <summary>Times that a connection was not read for a moment because its domain sent too many messages a second.</summary>
    internal ulong InputsPaced { get; set; }

    /// <summary>Connections that were ended before Hello since there were max_incomplete_connections, and their user or domain had most.</summary>
    internal ulong IncompleteEnded { get; set; }

    /// <summary>Messages that came to wait in the buffer of a name.</summary>
    internal ulong BufferHeld { get; set; }

    /// <summary>Of these, those that went on to an owner.</summary>
    internal ulong BufferDelivered { get; set; }

    /// <summary>Messages that wait again, since the owner that they were queued for died before a byte of them was written.</summary>
    internal ulong BufferReturned { get; set; }

    /// <summary>Messages that waited too long.</summary>
    internal ulong BufferExpired { get; set; }

    /// <summary>Messages that a buffer had no room for.</summary>
    internal ulong BufferRefused { get; set; }

    /// <summary>Messages to declared names that want no answer, and that an owner who died was sent and may not have read.</summary>
    internal ulong BufferPossiblyLost { get; set; }

    /// <summary>Messages that the journal has on disk.</summary>
    internal ulong JournalAccepted { get; set; }

    /// <summary>Of these, and of those of the broker's earlier lives, the ones that their receivers have.</summary>
    internal ulong JournalDelivered { get; set; }

    /// <summary>Messages that are delivered again, since the owner that was given them died before it had them.</summary>
    internal ulong JournalRedelivered { get; set; }

    /// <summary>Messages that are not tried again.</summary>
    internal ulong JournalSetAside { get; set; }

    /// <summary>Messages that nobody posted, and that could not be kept on disk.</summary>
    internal ulong JournalRefused { get; set; }

    /// <summary>Messages of the broker's earlier lives.</summary>
    internal ulong JournalResumed { get; set; }

    /// <summary>Times that the disk did not take something.</summary>
    internal ulong JournalFailures { get; set; }

    /// <summary>Connections that ended, for whatever reason.</summary>
    internal ulong Disconnects { get; set; }

    /// <summary>Connections ended by the broker.</summary>
    internal ulong DisconnectsByBroker { get; set; }
}
