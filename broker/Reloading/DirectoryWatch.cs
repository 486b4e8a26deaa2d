using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Reloading;

/// <summary>Notices changes of configuration files, and calls for a reload once they have come to rest. inotify(7).</summary>
/// <remarks>What cannot be watched is said once in the log; the bus serves on, and is reloaded by hand.</remarks>
internal sealed unsafe class DirectoryWatch(EpollBusLoop loop, Action changed, ILogger log) : IEpollHandler, IDisposable
{
    private const uint Changes = LibC.IN_CLOSE_WRITE | LibC.IN_MOVED_FROM | LibC.IN_MOVED_TO | LibC.IN_DELETE | LibC.IN_CREATE | LibC.IN_DELETE_SELF;
    private const int BufferBytes = 4096;
    private const int HeaderBytes = 16;

    /// <summary>A package writes several files: they are read together.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly Action _changed = changed;
    private readonly HashSet<string> _paths = [];
    private readonly HashSet<string> _refused = [];
    private readonly Dictionary<int, WatchedNames> _watches = [];
    private int _descriptor = -1;
    private long _key;
    private Deadline _deadline;

    /// <summary>Watches these directories instead of what was watched before.</summary>
    /// <returns>Whether there are new ones, in which something may have changed before they were watched.</returns>
    internal bool Watch(IReadOnlyDictionary<string, WatchedNames> directories)
    {
        End();
        bool isMore = directories.Keys.Any(path => !_paths.Contains(path));
        _paths.Clear();
        _paths.UnionWith(directories.Keys);
        if (directories.Count > 0)
        {
            Begin(directories);
        }

        return isMore;
    }

    /// <summary>Whether there are changes that have not called for a reload yet.</summary>
    internal bool HasChanged()
    {
        if (_descriptor >= 0)
        {
            OnEvents(LibC.EPOLLIN);
        }

        return _deadline.IsPending;
    }

    /// <summary>A reload has begun otherwise, and sees them.</summary>
    internal void Settle() => _deadline.Cancel();

    public void OnEvents(uint events)
    {
        if (ReadChanges() && !_deadline.IsPending)
        {
            _deadline = loop.Deadlines.After(Rest, static state => ((DirectoryWatch)state!)._changed(), this);
        }
    }

    public void Dispose()
    {
        _deadline.Cancel();
        End();
    }

    private void Begin(IReadOnlyDictionary<string, WatchedNames> directories)
    {
        _descriptor = LibC.WatchInit(LibC.IN_CLOEXEC | LibC.IN_NONBLOCK);
        _key = _descriptor < 0 ? -1 : loop.Register(_descriptor, this, LibC.EPOLLIN);
        if (_key < 0)
        {
            Refuse("configuration files");
            End();
            return;
        }

        foreach ((string path, WatchedNames names) in directories)
        {
            int watch = LibC.WatchAdd(_descriptor, path, Changes | LibC.IN_ONLYDIR);
            if (watch < 0)
            {
                Refuse(path);
            }
            else
            {
                _watches[watch] = names;
            }
        }
    }

    private void Refuse(string path)
    {
        string error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        if (_refused.Add(path))
        {
            ReloadLog.NotWatched(log, path, error);
        }
    }

    private void End()
    {
        if (_descriptor < 0)
        {
            return;
        }

        // Changes between the last reading and now are not lost: they call for another one.
        OnEvents(LibC.EPOLLIN);
        if (_key >= 0)
        {
            loop.Unregister(_descriptor, _key);
        }

        LibC.Close(_descriptor);
        _descriptor = -1;
        _watches.Clear();
    }

    /// <summary>Reads all that is there; whether any of it concerns the configuration.</summary>
    private bool ReadChanges()
    {
        bool isConcerned = false;
        byte* buffer = stackalloc byte[BufferBytes];
        while (true)
        {
            int length = (int)LibC.Read(_descriptor, buffer, BufferBytes);
            if (length <= 0)
            {
                return isConcerned;
            }

            for (ReadOnlySpan<byte> left = new(buffer, length); left.Length >= HeaderBytes;)
            {
                int watch = MemoryMarshal.Read<int>(left);
                uint mask = MemoryMarshal.Read<uint>(left[4..]);
                int nameLength = (int)Math.Min(MemoryMarshal.Read<uint>(left[12..]), (uint)(left.Length - HeaderBytes));
                ReadOnlySpan<byte> name = left.Slice(HeaderBytes, nameLength).TrimEnd((byte)0);
                isConcerned |= StrictUtf8.IsValid(name) && Concerns(watch, mask, StrictUtf8.Instance.GetString(name));
                left = left[(HeaderBytes + nameLength)..];
            }
        }
    }

    private bool Concerns(int watch, uint mask, string name)
    {
        if ((mask & (LibC.IN_Q_OVERFLOW | LibC.IN_DELETE_SELF)) != 0)
        {
            return true;
        }

        // A file that has been created is about to be written; a directory is there at once.
        bool isUnfinished = (mask & (LibC.IN_CREATE | LibC.IN_ISDIR)) == LibC.IN_CREATE;
        return !isUnfinished && _watches.TryGetValue(watch, out WatchedNames? names) && names.Concerns(name);
    }
}
