using Microsoft.Extensions.Logging;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Journal;

/// <summary>Messages that outlive the broker: what is on disk, and what is on its way there. Belongs to the bus loop.</summary>
/// <remarks>
/// What is to be written gathers while a batch is being written, so a sync serves all who came meanwhile. A disk that fails refuses messages and
/// nothing else: what it should have noted of others is tried again, and until then a restart would deliver them once more.
/// </remarks>
internal sealed class MessageJournal : ILoopWork
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);

    private readonly IJournalStore? _store;
    private readonly BusLoop _loop;
    private readonly BrokerCounters _counters;
    private readonly ILogger _log;
    private readonly WireWriter _writer = new();
    private readonly JournalSegments _segments = new();
    private readonly Dictionary<ulong, JournalEntry> _entries = [];
    private JournalBatch _next = new();
    private JournalBatch? _inFlight;
    private bool _isDue;
    private bool _isFailing;
    private Deadline _retry;
    private ulong _nextSequence = 1;

    /// <param name="store">Null: there is no journal, and nothing is accepted.</param>
    /// <param name="loop">Where it lives.</param>
    /// <param name="counters">Counts what fails.</param>
    /// <param name="log">Told of each episode of failing.</param>
    internal MessageJournal(IJournalStore? store, BusLoop loop, BrokerCounters counters, ILogger log)
    {
        _store = store;
        _loop = loop;
        _counters = counters;
        _log = log;
    }

    /// <summary>Set once by Composition.</summary>
    internal IJournalUser User { get; set; } = null!;

    internal bool IsOpen => _store is not null;

    /// <summary>Bytes of its files.</summary>
    internal long Bytes => _segments.Bytes;

    /// <summary>Messages that have not left it.</summary>
    internal int Count => _entries.Count;

    /// <summary>Whether something has still to be written.</summary>
    internal bool IsBusy => _inFlight is not null || !_next.IsEmpty;

    /// <summary>Takes over what was there at the start.</summary>
    internal void Resume(JournalImage image)
    {
        _nextSequence = image.NextSequence;
        foreach (SegmentFinding segment in image.Segments)
        {
            _segments.AddOld(segment);
        }
    }

    /// <summary>A message that was there at the start.</summary>
    internal void Resume(JournalEntry entry, ulong segment)
    {
        _entries.Add(entry.Sequence, entry);
        entry.RecordBytes = SegmentFormat.RecordLength(entry.Record(_writer).Length);
        _segments.Place(entry, segment);
    }

    /// <summary>Everything that was there has been taken over: what is damaged or of no use goes.</summary>
    internal void Resumed() => Tidy();

    /// <summary>Finds a message by its number.</summary>
    internal JournalEntry? Find(ulong sequence) => _entries.GetValueOrDefault(sequence);

    /// <summary>Gives a message its number and writes it; <see cref="IJournalUser"/> is told how that ended.</summary>
    internal void Append(JournalEntry entry)
    {
        entry.Sequence = _nextSequence++;
        _entries.Add(entry.Sequence, entry);
        Write(entry);
        _next.Accepted.Add(entry);
        _next.NeedsSync = true;
        Touch();
    }

    /// <summary>A message leaves the journal.</summary>
    internal void End(JournalEntry entry)
    {
        if (entry.IsOver)
        {
            return;
        }

        entry.IsOver = true;
        _entries.Remove(entry.Sequence);
        _segments.Leave(entry);
        _next.Ended.Add(entry.Sequence);
        Touch();
    }

    /// <summary>Notes <see cref="JournalEntry.Deliveries"/> or <see cref="JournalEntry.IsSetAside"/>.</summary>
    internal void Note(JournalEntry entry)
    {
        _writer.Clear();
        _writer.WriteUInt64(entry.Sequence);
        _writer.WriteUInt32(entry.Deliveries);
        _next.Records.Add((entry.IsSetAside ? RecordKind.SetAside : RecordKind.Deliveries, _writer.Written.ToArray()));
        Touch();
    }

    /// <summary>Calls back when everything up to here is on disk (null), or could not be written.</summary>
    internal void WhenOnDisk(Action<string?> done)
    {
        _next.Waiting.Add(done);
        _next.NeedsSync = true;
        Touch();
    }

    /// <summary>The bus ends: what was to be written, as far as nobody waits for it.</summary>
    internal JournalBatch TakeRest()
    {
        _retry.Cancel();
        JournalBatch rest = _next;
        _next = new JournalBatch();
        return Close(rest);
    }

    void ILoopWork.Run()
    {
        _isDue = false;
        bool isWanted = !_isFailing || !_retry.IsPending || _next.Accepted.Count > 0 || _next.Waiting.Count > 0;
        if (_inFlight is null && !_next.IsEmpty && isWanted)
        {
            JournalBatch batch = Close(_next);
            _inFlight = batch;
            _next = new JournalBatch();
            _store!.Write(batch, written => Written(batch, written));
        }
    }

    private JournalBatch Close(JournalBatch batch)
    {
        if (batch.Ended.Count > 0)
        {
            _writer.Clear();
            foreach (ulong sequence in batch.Ended)
            {
                _writer.WriteUInt64(sequence);
            }

            batch.Records.Add((RecordKind.Done, _writer.Written.ToArray()));
        }

        batch.NextSequence = _nextSequence;
        return batch;
    }

    private void Write(JournalEntry entry)
    {
        byte[] payload = entry.Record(_writer);
        entry.RecordBytes = SegmentFormat.RecordLength(payload.Length);
        _next.Records.Add((RecordKind.Message, payload));
    }

    private void Touch()
    {
        if (!_isDue && _inFlight is null && IsOpen)
        {
            _isDue = true;
            _loop.RunAtTurnEnd(this);
        }
    }

    private void Written(JournalBatch batch, JournalWritten written)
    {
        _inFlight = null;
        _segments.Wrote(written);
        if (written.Error is { } error)
        {
            Failed(batch, error);
        }
        else
        {
            Succeeded(batch, written.Segment);
            Tidy();
        }

        foreach (Action<string?> done in batch.Waiting)
        {
            done(written.Error);
        }

        if (!_next.IsEmpty)
        {
            Touch();
        }
    }

    private void Succeeded(JournalBatch batch, ulong segment)
    {
        if (_isFailing)
        {
            _isFailing = false;
            _retry.Cancel();
            JournalLog.Recovered(_log);
        }

        foreach (JournalEntry entry in batch.Accepted.Concat(batch.Moved))
        {
            entry.IsMoving = false;
            if (!entry.IsOver)
            {
                _segments.Place(entry, segment);
            }
        }

        if (batch.Accepted.Count > 0)
        {
            User.Accepted(batch.Accepted);
        }
    }

    private void Failed(JournalBatch batch, string error)
    {
        _counters.JournalFailures++;
        if (!_isFailing)
        {
            _isFailing = true;
            JournalLog.Failed(_log, error);
        }

        // Removals too: a segment that stays is no harm, and goes next time.
        _next.Removals.AddRange(batch.Removals);
        _next.Ended.AddRange(batch.Ended);
        _next.Records.AddRange(batch.Records.Where(record => record.Kind is RecordKind.Deliveries or RecordKind.SetAside));
        foreach (JournalEntry entry in batch.Moved)
        {
            entry.IsMoving = false;
        }

        foreach (JournalEntry entry in batch.Accepted)
        {
            // Some of it may be on disk all the same: it must not come back after a restart.
            bool isWanted = !entry.IsOver;
            End(entry);
            if (isWanted)
            {
                User.Refused(entry, error);
            }
        }

        if (!_retry.IsPending)
        {
            _retry = _loop.Deadlines.After(BetweenTries, static state => ((MessageJournal)state!).Touch(), this);
        }
    }

    /// <summary>Lets segments go, and writes anew what keeps one from going.</summary>
    private void Tidy()
    {
        _segments.TakeUseless(_next.Removals);
        ulong number = _segments.ToBeMoved();
        long bytes = 0;
        foreach (JournalEntry entry in number == 0 ? [] : _entries.Values.Where(entry => entry.Segment == number && !entry.IsMoving))
        {
            if (bytes > JournalSegments.Length)
            {
                break;
            }

            Write(entry);
            bytes += entry.RecordBytes;
            entry.IsMoving = true;
            _next.Moved.Add(entry);
            _next.NeedsSync = true;
        }

        if (!_next.IsEmpty)
        {
            Touch();
        }
    }
}
