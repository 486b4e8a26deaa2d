namespace XcpBroker.Journal;

/// <summary>Where the journal is kept.</summary>
internal interface IJournalStore
{
    /// <summary>Writes a batch, off the bus loop; the next one comes after this one's end.</summary>
    /// <param name="batch">What to write; nobody changes it any more.</param>
    /// <param name="done">Called on the bus loop.</param>
    void Write(JournalBatch batch, Action<JournalWritten> done);
}

/// <summary>What is written together, into one segment.</summary>
internal sealed class JournalBatch
{
    /// <summary>In their order.</summary>
    internal List<(RecordKind Kind, byte[] Payload)> Records { get; } = [];

    /// <summary>Whether it is on disk only after a sync.</summary>
    internal bool NeedsSync { get; set; }

    /// <summary>For the header, should a segment begin.</summary>
    internal ulong NextSequence { get; set; }

    /// <summary>Segments that nothing in the journal needs any more.</summary>
    internal List<SegmentRemoval> Removals { get; } = [];

    /// <summary>Messages that are accepted by this.</summary>
    internal List<JournalEntry> Accepted { get; } = [];

    /// <summary>Messages that are in this segment from now on.</summary>
    internal List<JournalEntry> Moved { get; } = [];

    /// <summary>Messages that have left.</summary>
    internal List<ulong> Ended { get; } = [];

    /// <summary>Told when it is on disk (null), or why it is not.</summary>
    internal List<Action<string?>> Waiting { get; } = [];

    internal bool IsEmpty => Records.Count == 0 && Ended.Count == 0 && Removals.Count == 0 && Waiting.Count == 0;
}

/// <summary>A segment that goes.</summary>
/// <param name="Number">Its number.</param>
/// <param name="IsKept">Its file is set apart, for whoever wants to look into what is damaged in it.</param>
internal readonly record struct SegmentRemoval(ulong Number, bool IsKept);

/// <summary>How the writing of a batch ended.</summary>
internal readonly record struct JournalWritten
{
    /// <summary>Why it is not written; null: it is, and on disk where that was asked for.</summary>
    internal string? Error { get; init; }

    /// <summary>The segment that it went to; 0: none.</summary>
    internal ulong Segment { get; init; }

    /// <summary>How long that segment is now.</summary>
    internal long SegmentBytes { get; init; }

    /// <summary>What the segment holds may not be on disk, whatever was said of it before; nothing more is written to it.</summary>
    internal bool IsUntrusted { get; init; }
}
