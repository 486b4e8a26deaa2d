using XcpBroker.Journal;

namespace XcpBroker.Testing;

/// <summary>A journal in memory: the bytes are those of the files, and the disk fails when a test says so.</summary>
internal sealed class FakeJournalStore(ManualBusLoop loop) : IJournalStore
{
    private const ulong Salt = 0x5a175a175a175a17;

    private readonly SortedDictionary<ulong, byte[]> _segments = [];
    private ulong _next = 1;
    private ulong _active;
    private Action? _held;

    /// <summary>Batches wait for <see cref="Finish"/>.</summary>
    internal bool IsSlow { get; set; }

    /// <summary>Why nothing can be written; null: it can.</summary>
    internal string? Failure { get; set; }

    /// <summary>It fails in the sync, after the bytes are in the file.</summary>
    internal bool FailsInSync { get; set; }

    /// <summary>Segments become this long, at least.</summary>
    internal int SegmentBytes { get; set; } = int.MaxValue;

    internal int Syncs { get; private set; }

    internal int SegmentCount => _segments.Count;

    /// <summary>What a broker would find if it started now.</summary>
    internal JournalImage Image()
    {
        JournalImage image = new();
        foreach ((ulong number, byte[] bytes) in _segments)
        {
            image.Add(number, bytes);
        }

        return image;
    }

    /// <summary>A journal for the next life of the bus.</summary>
    internal FakeJournalStore Restart(ManualBusLoop next)
    {
        FakeJournalStore store = new(next) { _next = _next };
        foreach ((ulong number, byte[] bytes) in _segments)
        {
            store._segments.Add(number, bytes);
        }

        return store;
    }

    public void Write(JournalBatch batch, Action<JournalWritten> done)
    {
        Action write = () =>
        {
            JournalWritten written = Write(batch);
            loop.Schedule(_ => done(written), null);
        };
        if (IsSlow)
        {
            _held = write;
        }
        else
        {
            write();
        }
    }

    /// <summary>Ends the write that is under way.</summary>
    internal void Finish()
    {
        Action held = _held ?? throw new InvalidOperationException("nothing is being written");
        _held = null;
        held();
        loop.RunUntilIdle();
    }

    private JournalWritten Write(JournalBatch batch)
    {
        if (Failure is not null && !FailsInSync)
        {
            return new JournalWritten { Error = Failure };
        }

        if (batch.Records.Count > 0)
        {
            if (_active == 0 || _segments[_active].Length >= SegmentBytes)
            {
                byte[] header = new byte[SegmentFormat.HeaderLength];
                SegmentFormat.WriteHeader(header, _next, Salt, batch.NextSequence);
                _active = _next++;
                _segments.Add(_active, header);
            }

            byte[] before = _segments[_active];
            _segments[_active] = [.. before, .. SegmentFormat.Frame(batch.Records, Salt, before.Length)];
        }

        Syncs += batch.NeedsSync ? 1 : 0;
        if (Failure is not null)
        {
            JournalWritten failed = new() { Error = Failure, Segment = _active, SegmentBytes = _segments[_active].Length, IsUntrusted = true };
            _active = 0;
            return failed;
        }

        foreach (SegmentRemoval removal in batch.Removals)
        {
            _segments.Remove(removal.Number);
        }

        return new JournalWritten { Segment = _active, SegmentBytes = _active == 0 ? 0 : _segments[_active].Length };
    }
}
