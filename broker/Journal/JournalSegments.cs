namespace XcpBroker.Journal;

/// <summary>The segments that there are, and how much of each is still needed.</summary>
internal sealed class JournalSegments
{
    /// <summary>Bytes from which on the next batch begins a segment; a message may make one longer.</summary>
    internal const long Length = 4 << 20;

    private readonly List<Segment> _segments = [];

    /// <summary>Bytes of all files.</summary>
    internal long Bytes => _segments.Sum(segment => segment.Bytes);

    /// <summary>Bytes of messages that have not left.</summary>
    internal long LiveBytes { get; private set; }

    /// <summary>The one that is written to; 0: none.</summary>
    private ulong Active { get; set; }

    /// <summary>One that was there at the start.</summary>
    internal void AddOld(in SegmentFinding finding) =>
        _segments.Add(new Segment(finding.Number) { Bytes = finding.Bytes, IsDamaged = finding.Damaged > 0 || finding.Torn > 0 || finding.IsForeign });

    /// <summary>A batch went to a segment.</summary>
    internal void Wrote(in JournalWritten written)
    {
        if (written.Segment == 0)
        {
            return;
        }

        if (_segments.Count == 0 || _segments[^1].Number != written.Segment)
        {
            _segments.Add(new Segment(written.Segment));
        }

        _segments[^1].Bytes = written.SegmentBytes;
        _segments[^1].IsUntrusted |= written.IsUntrusted;
        Active = written.IsUntrusted ? 0 : written.Segment;
    }

    /// <summary>A message is in a segment from now on.</summary>
    internal void Place(JournalEntry entry, ulong number)
    {
        Leave(entry);
        entry.Segment = number;
        LiveBytes += entry.RecordBytes;
        Find(number).Live++;
    }

    /// <summary>A message is needed no more.</summary>
    internal void Leave(JournalEntry entry)
    {
        if (entry.Segment != 0)
        {
            LiveBytes -= entry.RecordBytes;
            Find(entry.Segment).Live--;
            entry.Segment = 0;
        }
    }

    /// <summary>Takes out the segments that nothing needs: only the oldest ones, since what says that a message has left is in a later one.</summary>
    /// <remarks>The last one stays: it says which numbers were used.</remarks>
    internal void TakeUseless(List<SegmentRemoval> removals)
    {
        int count = 0;
        while (count < _segments.Count - 1 && _segments[count] is { Live: 0 } segment && segment.Number != Active)
        {
            removals.Add(new SegmentRemoval(segment.Number, segment.IsDamaged));
            count++;
        }

        _segments.RemoveRange(0, count);
    }

    /// <summary>The segment whose messages are to be written elsewhere, so that it can go; 0: none.</summary>
    internal ulong ToBeMoved()
    {
        foreach (Segment segment in _segments)
        {
            if (segment.Live > 0 && (segment.IsUntrusted || segment.IsDamaged))
            {
                return segment.Number;
            }
        }

        bool isWasteful = Bytes > (2 * LiveBytes) + (2 * Length);
        return isWasteful && _segments[0].Number != Active ? _segments[0].Number : 0;
    }

    private Segment Find(ulong number) => _segments[_segments.FindIndex(segment => segment.Number == number)];

    private sealed class Segment(ulong number)
    {
        internal ulong Number => number;

        internal long Bytes { get; set; }

        internal int Live { get; set; }

        internal bool IsUntrusted { get; set; }

        internal bool IsDamaged { get; init; }
    }
}
