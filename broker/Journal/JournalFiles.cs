using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using XcpBroker.Interop;

namespace XcpBroker.Journal;

/// <summary>The journal as files of one directory. Waits for the disk, so never on the bus loop.</summary>
internal sealed class JournalFiles : IDisposable
{
    private const string Suffix = ".journal";
    private const string DamagedSuffix = ".damaged";
    private const int KeptDamaged = 8;

    private readonly Lock _gate = new();
    private readonly string _directory;
    private readonly FileStream _lock;
    private readonly ILogger _log;
    private ulong _nextSegment;
    private ulong _number;
    private ulong _salt;
    private long _length;
    private SafeFileHandle? _active;
    private bool _isClosed;

    private JournalFiles(string directory, FileStream held, ILogger log)
    {
        _directory = directory;
        _lock = held;
        _log = log;
    }

    /// <summary>Opens the journal in a directory, which no other broker may use, and reads it.</summary>
    /// <param name="directory">Made if it is not there; its parent must be.</param>
    /// <param name="log">Told of what is damaged.</param>
    /// <param name="image">What is in it.</param>
    /// <returns>Null: it cannot be used, and the log says why.</returns>
    internal static JournalFiles? Open(string directory, ILogger log, out JournalImage image)
    {
        image = new JournalImage();
        JournalFiles? files = null;
        try
        {
            _ = Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            files = new JournalFiles(directory, new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), log);
            files.Read(image);
            return files;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JournalLog.Unusable(log, directory, e.Message);
            files?.Dispose();
            image = new JournalImage();
            return null;
        }
    }

    /// <summary>Writes a batch.</summary>
    internal JournalWritten Write(JournalBatch batch)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return new JournalWritten { Error = "the broker ends" };
            }

            JournalWritten written = Append(batch);
            if (written.Error is null)
            {
                foreach (SegmentRemoval removal in batch.Removals)
                {
                    Remove(removal);
                }
            }

            return written;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Abandon();
            _lock.Dispose();
        }
    }

    private static string Failure(string call) => $"{call}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";

    private static int Sync(SafeFileHandle file) => LibC.SyncData((int)file.DangerousGetHandle());

    private string FileOf(ulong number) => Path.Combine(_directory, number.ToString("x16", CultureInfo.InvariantCulture) + Suffix);

    private void Read(JournalImage image)
    {
        List<ulong> numbers = [];
        foreach (string file in Directory.GetFiles(_directory, "*" + Suffix))
        {
            if (ulong.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number))
            {
                numbers.Add(number);
            }
        }

        numbers.Sort();
        for (int i = 0; i < numbers.Count; i++)
        {
            string file = FileOf(numbers[i]);
            byte[] bytes = ReadFile(file);
            if (bytes.Length < SegmentFormat.HeaderLength)
            {
                // Nothing is accepted in a segment before its header is on disk.
                File.Delete(file);
                continue;
            }

            SegmentReader reader = new(bytes, numbers[i]);
            while (reader.TryRead(out _, out _))
            {
            }

            int torn = bytes.Length - reader.End;
            if (i == numbers.Count - 1 && reader.IsSegment && torn > 0)
            {
                JournalLog.Torn(_log, file, torn);
                bytes = bytes[..reader.End];
                using SafeFileHandle handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write);
                RandomAccess.SetLength(handle, bytes.Length);
            }

            image.Add(numbers[i], bytes);
            SegmentFinding finding = image.Segments[^1];
            if (finding.Damaged + finding.Torn > 0 || finding.IsForeign)
            {
                JournalLog.Damaged(_log, file, finding.IsForeign ? finding.Bytes : finding.Damaged + finding.Torn);
            }
        }

        _nextSegment = image.NextSegment;
        int count = image.Messages.Count();
        if (count > 0)
        {
            JournalLog.Resumed(_log, _directory, count);
        }
    }

    // What cannot be read is as damaged as what reads wrongly.
    private byte[] ReadFile(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (IOException e)
        {
            JournalLog.Leftover(_log, file, e.Message);
            return new byte[SegmentFormat.HeaderLength];
        }
    }

    private JournalWritten Append(JournalBatch batch)
    {
        if (batch.Records.Count == 0)
        {
            return new JournalWritten { Segment = _active is null ? 0 : _number, SegmentBytes = _length };
        }

        if (_active is null || _length >= JournalSegments.Length)
        {
            Abandon();
            if (TryBegin(batch.NextSequence) is { } problem)
            {
                return new JournalWritten { Error = problem };
            }
        }

        byte[] bytes = SegmentFormat.Frame(batch.Records, _salt, _length);
        try
        {
            RandomAccess.Write(_active!, bytes, _length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return CutBack(e.Message);
        }

        if (batch.NeedsSync && Sync(_active!) < 0)
        {
            // What the kernel could not write it may forget: another sync would only seem to have worked.
            JournalWritten failed = new() { Error = Failure("fdatasync"), Segment = _number, SegmentBytes = _length, IsUntrusted = true };
            Abandon();
            return failed;
        }

        _length += bytes.Length;
        return new JournalWritten { Segment = _number, SegmentBytes = _length };
    }

    /// <summary>A write failed, perhaps in the middle: the segment ends where it ended before.</summary>
    private JournalWritten CutBack(string error)
    {
        JournalWritten failed = new() { Error = error, Segment = _number, SegmentBytes = _length };
        try
        {
            RandomAccess.SetLength(_active!, _length);
            return failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Abandon();
            return failed with { IsUntrusted = true };
        }
    }

    private string? TryBegin(ulong nextSequence)
    {
        string file = FileOf(_nextSegment);
        try
        {
            SafeFileHandle handle = File.OpenHandle(file, FileMode.CreateNew, FileAccess.Write);
            byte[] header = new byte[SegmentFormat.HeaderLength];
            ulong salt = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray());
            SegmentFormat.WriteHeader(header, _nextSegment, salt, nextSequence);
            try
            {
                RandomAccess.Write(handle, header, 0);
            }
            catch
            {
                handle.Dispose();
                File.Delete(file);
                throw;
            }

            _active = handle;
            _salt = salt;
            _number = _nextSegment++;
            _length = header.Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }

        // The name of the file must be on disk too, or what is synced into it is nowhere.
        if (Sync(_active) < 0 || SyncDirectory() < 0)
        {
            string problem = Failure("fsync");
            Abandon();
            return problem;
        }

        return null;
    }

    private int SyncDirectory()
    {
        int descriptor = LibC.Open(_directory, LibC.O_RDONLY | LibC.O_CLOEXEC);
        int result = descriptor < 0 ? -1 : LibC.Synchronize(descriptor);
        _ = descriptor < 0 ? 0 : LibC.Close(descriptor);
        return result;
    }

    private void Abandon()
    {
        _active?.Dispose();
        _active = null;
    }

    private void Remove(SegmentRemoval removal)
    {
        string file = FileOf(removal.Number);
        try
        {
            if (removal.IsKept)
            {
                File.Move(file, file + DamagedSuffix, overwrite: true);
                string[] kept = Directory.GetFiles(_directory, "*" + DamagedSuffix);
                Array.Sort(kept, StringComparer.Ordinal);
                foreach (string old in kept.SkipLast(KeptDamaged))
                {
                    File.Delete(old);
                }
            }
            else
            {
                File.Delete(file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JournalLog.Leftover(_log, file, e.Message);
        }
    }
}
