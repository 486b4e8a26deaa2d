using XcpBroker.Loop;

namespace XcpBroker.Spawning;

/// <summary>The thread that makes and watches processes and reads their output, on a loop of its own: the thread begins with the first use.</summary>
/// <remarks>Not the bus loop: however much a service writes, no message waits for it.</remarks>
internal sealed class ProcessThread : IDisposable
{
    // Made at once: later there may be no descriptor for it, and the bus loop would be the one to find out.
    private readonly EpollBusLoop _loop = new(TimeProvider.System);
    private readonly Lock _lock = new();
    private Thread? _thread;

    /// <summary>The loop. Any thread may ask: it is the border between them, which is why there is a lock.</summary>
    internal EpollBusLoop Loop
    {
        get
        {
            lock (_lock)
            {
                if (_thread is null)
                {
                    _thread = new Thread(_loop.Run) { Name = "processes", IsBackground = true };
                    _thread.Start();
                }

                return _loop;
            }
        }
    }

    /// <summary>Ends the thread. Processes go on; what they write from now on goes nowhere.</summary>
    /// <remarks>The loop's descriptors stay: a user who is still being looked up will yet be posted to it.</remarks>
    public void Dispose()
    {
        if (_thread is { } thread)
        {
            _loop.Schedule(static state => ((EpollBusLoop)state!).Stop(), _loop);
            thread.Join();
        }
    }
}
