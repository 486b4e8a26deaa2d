using System.Collections.Concurrent;
using XcpBroker.Interop;

namespace XcpBroker.Xenstore;

/// <summary>The thread that waits for xenstore. It begins with the first domain that is to be watched.</summary>
/// <remarks>Where there is no xenstore it tries again, ever less often; what it had said before stays as it was until it is known to have changed.</remarks>
internal sealed class XenstoreThread : IDomainWatch, IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private readonly string? _path;
    private readonly TimeProvider _clock;
    private readonly IDomainEvents _events;
    private readonly DomainScan _scan;
    private readonly WakeDescriptor _wake = new();
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Thread _thread;
    private bool _isStarted;
    private volatile bool _isStopping;
    private bool _isLost;

    /// <param name="path">Where xenstore is; null: where it usually is.</param>
    /// <param name="clock">For how long it may take to answer.</param>
    /// <param name="events">Called on this thread.</param>
    internal XenstoreThread(string? path, TimeProvider clock, IDomainEvents events)
    {
        _path = path;
        _clock = clock;
        _events = events;
        _scan = new DomainScan(events, SecureRandom.Bytes);
        _thread = new Thread(Run) { Name = "xenstore", IsBackground = true };
    }

    public void Watch(DomainNotice notice) => Order(() => _scan.Watch(notice));

    public void Forget(string name) => Order(() => _scan.Forget(name));

    public void Confirm(uint domid) => Order(() => _scan.Confirm(domid));

    /// <summary>Takes back what domains were told, as far as xenstore answers, and ends the thread.</summary>
    public void Dispose()
    {
        if (_isStarted)
        {
            _isStopping = true;
            _wake.Ring();
            _thread.Join();
        }

        _wake.Dispose();
    }

    private void Order(Action command)
    {
        _commands.Enqueue(command);
        if (!_isStarted)
        {
            _isStarted = true;
            _thread.Start();
        }

        _wake.Ring();
    }

    private void Run()
    {
        TimeSpan pause = FirstPause;
        while (!_isStopping)
        {
            Obey();
            if (_scan.IsIdle)
            {
                _wake.Wait(null);
            }
            else if (XenstoreDescriptor.Open(XenstoreLocation.Choose(_path), _wake, out string? error) is { } channel)
            {
                using XenstoreClient xenstore = new(channel, _clock);
                pause = Serve(xenstore) ? FirstPause : pause;
                Lose(xenstore.Loss);
                pause = Pause(pause);
            }
            else
            {
                Lose(error);
                pause = Pause(pause);
            }
        }
    }

    /// <returns>Whether it has answered at all.</returns>
    private bool Serve(XenstoreClient xenstore)
    {
        _ = xenstore.Watch("@introduceDomain", "introduce");
        _ = xenstore.Watch("@releaseDomain", "release");
        bool hasWorked = false;
        TimeSpan pause = FirstPause;
        while (!_isStopping && !xenstore.IsLost)
        {
            bool isComplete = _scan.Run(xenstore);
            if (!xenstore.IsLost)
            {
                hasWorked = true;
                Find();
                pause = isComplete ? FirstPause : Longer(pause);
                _ = xenstore.WaitForWatch(isComplete ? null : pause);
                Obey();
            }
        }

        if (_isStopping)
        {
            _scan.TakeBack(xenstore);
        }

        return hasWorked;
    }

    private void Obey()
    {
        while (_commands.TryDequeue(out Action? command))
        {
            command();
        }
    }

    private TimeSpan Pause(TimeSpan pause)
    {
        if (!_isStopping)
        {
            _wake.Wait(pause);
        }

        return Longer(pause);
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    private void Lose(string? problem)
    {
        if (!_isLost && problem is not null)
        {
            _isLost = true;
            _events.Lost(problem);
        }
    }

    private void Find()
    {
        if (_isLost)
        {
            _isLost = false;
            _events.Found();
        }
    }
}
