using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Journal;

/// <summary>One message of the journal, as the bus has it.</summary>
internal abstract class JournalEntry
{
    /// <summary>Its number; 0 until it is appended.</summary>
    internal ulong Sequence { get; set; }

    /// <summary>Owners that it was given to: those that died before they had it, and the one that has it now.</summary>
    internal uint Deliveries { get; set; }

    /// <summary>Not to be tried again.</summary>
    internal bool IsSetAside { get; set; }

    /// <summary>The segment that it is in; 0: it is not on disk yet.</summary>
    internal ulong Segment { get; set; }

    /// <summary>Bytes that it takes there.</summary>
    internal long RecordBytes { get; set; }

    /// <summary>It has left the journal.</summary>
    internal bool IsOver { get; set; }

    /// <summary>Being written to another segment.</summary>
    internal bool IsMoving { get; set; }

    /// <summary>The payload of its record, as it is now.</summary>
    internal abstract byte[] Record(WireWriter writer);
}

/// <summary>Who puts messages into the journal.</summary>
internal interface IJournalUser
{
    /// <summary>Messages are on disk.</summary>
    void Accepted(IReadOnlyList<JournalEntry> entries);

    /// <summary>A message could not be written; the journal has forgotten it.</summary>
    void Refused(JournalEntry entry, string reason);
}
