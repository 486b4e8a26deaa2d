using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Journal;

/// <summary>What the segments of a journal say together: built from their bytes, in the order of their numbers.</summary>
internal sealed class JournalImage
{
    private readonly Dictionary<ulong, (JournalMessage Message, ulong Segment)> _messages = [];
    private readonly List<SegmentFinding> _segments = [];

    /// <summary>The number of the next message.</summary>
    internal ulong NextSequence { get; private set; } = 1;

    /// <summary>The number of the next segment.</summary>
    internal ulong NextSegment { get; private set; } = 1;

    /// <summary>Messages that have not left, in the order in which they were accepted, and where each is.</summary>
    internal IEnumerable<(JournalMessage Message, ulong Segment)> Messages => _messages.Values.OrderBy(entry => entry.Message.Sequence);

    /// <summary>What there was, in the order of their numbers.</summary>
    internal IReadOnlyList<SegmentFinding> Segments => _segments;

    /// <summary>Adds a segment; its number is above those of the segments added before.</summary>
    internal void Add(ulong number, ReadOnlySpan<byte> bytes)
    {
        SegmentReader reader = new(bytes, number);
        NextSegment = Math.Max(NextSegment, number + 1);
        NextSequence = Math.Max(NextSequence, reader.NextSequence);
        int misread = 0;
        while (reader.TryRead(out RecordKind kind, out ReadOnlySpan<byte> payload))
        {
            misread += Apply(number, kind, payload) ? 0 : payload.Length;
        }

        _segments.Add(new SegmentFinding(number, bytes.Length, reader.Damaged + misread, bytes.Length - reader.End, !reader.IsSegment));
    }

    private bool Apply(ulong segment, RecordKind kind, ReadOnlySpan<byte> payload)
    {
        WireReader reader = new(payload, isBigEndian: false);
        switch (kind)
        {
            case RecordKind.Message when JournalMessage.Read(payload) is { } message:
                _messages[message.Sequence] = (message, segment);
                Seen(message.Sequence);
                return true;
            case RecordKind.Done:
                while (!reader.AtEnd && !reader.Failed)
                {
                    ulong sequence = reader.ReadUInt64();
                    if (!reader.Failed)
                    {
                        _messages.Remove(sequence);
                        Seen(sequence);
                    }
                }

                return !reader.Failed;
            case RecordKind.Deliveries:
                return Change(reader.ReadUInt64(), reader.ReadUInt32(), isSetAside: false, reader.AtEnd);
            case RecordKind.SetAside:
                return Change(reader.ReadUInt64(), reader.ReadUInt32(), isSetAside: true, reader.AtEnd);
            default:
                return false;
        }
    }

    private bool Change(ulong sequence, uint deliveries, bool isSetAside, bool isWhole)
    {
        if (isWhole && _messages.TryGetValue(sequence, out (JournalMessage Message, ulong Segment) entry))
        {
            _messages[sequence] = (entry.Message with { Deliveries = deliveries, IsSetAside = isSetAside }, entry.Segment);
        }

        return isWhole;
    }

    private void Seen(ulong sequence)
    {
        // Of what a checksum vouches for; the highest number there is has no next one.
        NextSequence = sequence == ulong.MaxValue ? NextSequence : Math.Max(NextSequence, sequence + 1);
    }
}

/// <summary>What a segment was like when it was read.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Bytes">Of its file.</param>
/// <param name="Damaged">Bytes within it that are no records.</param>
/// <param name="Torn">Bytes at its end that are none.</param>
/// <param name="IsForeign">It has no header of ours.</param>
internal readonly record struct SegmentFinding(ulong Number, long Bytes, long Damaged, long Torn, bool IsForeign);
