using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Loop;

/// <summary>The bus loop over level-triggered epoll; other threads wake it through an eventfd.</summary>
/// <remarks>
/// Level-triggered because a turn reads a bounded amount from each descriptor and comes back for the rest: nothing has to be
/// drained until EAGAIN, which would cost one more system call a message.
/// </remarks>
internal sealed unsafe class EpollBusLoop : BusLoop, IDisposable
{
    private const int MaxEventsPerTurn = 64;

    // struct epoll_event is packed on x86-64 only.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = EventSize - 8;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly byte* _events;
    private readonly long _busyPoll;
    private readonly ConcurrentQueue<(Action<object?> Action, object? State)> _posted = new();
    private readonly Stack<int> _freeSlots = new();
    private Slot[] _slots = new Slot[64];
    private int _slotsUsed;
    private int _wakePending;
    private bool _hasPosted;
    private Thread? _thread;
    private bool _stopping;

    /// <param name="clock">Of the deadlines.</param>
    /// <param name="busyPoll">How long to look for events before sleeping.</param>
    /// <exception cref="Win32Exception">There are no descriptors, watches or memory for it.</exception>
    internal EpollBusLoop(TimeProvider clock, TimeSpan busyPoll = default)
        : base(clock)
    {
        _busyPoll = (long)(busyPoll.TotalSeconds * clock.TimestampFrequency);
        _events = (byte*)NativeMemory.Alloc((nuint)(MaxEventsPerTurn * EventSize));
        _epoll = Check(LibC.EpollCreate(LibC.EPOLL_CLOEXEC), "epoll_create1");
        _wake = Check(LibC.EventFd(0, LibC.EFD_CLOEXEC | LibC.EFD_NONBLOCK), "eventfd");
        _ = Check(Register(_wake, new WakeHandler(this), LibC.EPOLLIN) < 0 ? -1 : 0, "epoll_ctl");
    }

    internal override bool IsCurrent => Thread.CurrentThread == _thread;

    public override void Schedule(Action<object?> action, object? state)
    {
        _posted.Enqueue((action, state));
        if (Interlocked.Exchange(ref _wakePending, 1) == 0)
        {
            ulong one = 1;
            _ = LibC.Write(_wake, (byte*)&one, sizeof(ulong));
        }
    }

    /// <summary>Watches a descriptor; returns the key for <see cref="Modify"/> and <see cref="Unregister"/>, or -1 with errno set.</summary>
    internal long Register(int fd, IEpollHandler handler, uint events)
    {
        if (!_freeSlots.TryPop(out int slot))
        {
            if (_slotsUsed == _slots.Length)
            {
                Array.Resize(ref _slots, 2 * _slotsUsed);
            }

            slot = _slotsUsed++;
        }

        long key = ((long)_slots[slot].Generation << 32) | (uint)slot;
        if (Control(LibC.EPOLL_CTL_ADD, fd, events, key) < 0)
        {
            _freeSlots.Push(slot);
            return -1;
        }

        _slots[slot].Handler = handler;
        return key;
    }

    internal void Modify(int fd, long key, uint events) => Control(LibC.EPOLL_CTL_MOD, fd, events, key);

    /// <summary>Forgets the descriptor. Events of it that this turn has already fetched are not delivered.</summary>
    internal void Unregister(int fd, long key)
    {
        Control(LibC.EPOLL_CTL_DEL, fd, 0, key);
        int slot = (int)(uint)key;
        _slots[slot].Handler = null;
        _slots[slot].Generation++;
        _freeSlots.Push(slot);
    }

    /// <summary>Turns until <see cref="Stop"/>, on the calling thread.</summary>
    internal void Run()
    {
        _thread = Thread.CurrentThread;
        while (!_stopping)
        {
            Turn();
        }

        RunTurnEnd();
    }

    /// <summary>Ends <see cref="Run"/> after the present turn. Bus loop only.</summary>
    internal void Stop() => _stopping = true;

    public void Dispose()
    {
        // Who still schedules something must not write to a descriptor that is another's by then.
        Volatile.Write(ref _wakePending, 1);
        LibC.Close(_wake);
        LibC.Close(_epoll);
        NativeMemory.Free(_events);
    }

    private void Turn()
    {
        int timeout = HasReady || _hasPosted ? 0 : MillisecondsUntilNextDeadline();
        int count = timeout == 0 || _busyPoll == 0 ? Wait(timeout) : WaitBusily(timeout);
        for (int i = 0; i < count; i++)
        {
            byte* entry = _events + (i * EventSize);
            long key = *(long*)(entry + DataOffset);
            ref Slot slot = ref _slots[(uint)key];
            if (slot.Generation == (uint)(key >> 32) && slot.Handler is { } handler)
            {
                handler.OnEvents(*(uint*)entry);
            }
        }

        RunReady();
        if (_hasPosted)
        {
            RunPosted();
        }

        if (!Deadlines.AreNone)
        {
            Deadlines.Tick();
        }

        RunTurnEnd();
    }

    private int Wait(int timeout)
    {
        int count = timeout == 0 ? -1 : LibC.EpollWait(_epoll, _events, MaxEventsPerTurn, timeout);
        return count >= 0 ? count : Look();
    }

    /// <summary>What there is now: also where waiting has failed, most often since a signal came, and errno is the runtime's by now.</summary>
    private int Look()
    {
        int count = LibC.EpollWaitNow(_epoll, _events, MaxEventsPerTurn);
        if (count >= 0)
        {
            return count;
        }

        int errno = Marshal.GetLastSystemError();
        return errno == LibC.EINTR ? 0 : throw new Win32Exception(errno, "epoll_wait failed");
    }

    /// <summary>Another CPU may be about to send: who is awake when it does saves both the time that waking up takes.</summary>
    private int WaitBusily(int timeout)
    {
        long end = Clock.GetTimestamp() + _busyPoll;
        do
        {
            int count = Look();
            if (count != 0)
            {
                return count;
            }
        }
        while (Clock.GetTimestamp() < end);

        return Wait(timeout);
    }

    private void RunPosted()
    {
        // Only what is there now: posted work that posts again must not keep the sockets waiting.
        for (int left = _posted.Count; left > 0 && _posted.TryDequeue(out (Action<object?> Action, object? State) work); left--)
        {
            work.Action(work.State);
        }

        _hasPosted = !_posted.IsEmpty;
    }

    private int MillisecondsUntilNextDeadline() =>
        !Deadlines.AreNone && Deadlines.UntilNext() is { } delay ? (int)Math.Clamp(Math.Ceiling(delay.TotalMilliseconds), 0, int.MaxValue) : -1;

    private int Control(int operation, int fd, uint events, long key)
    {
        byte* entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(long*)(entry + DataOffset) = key;
        return LibC.EpollControl(_epoll, operation, fd, entry);
    }

    private static int Check(int result, string call)
    {
        int errno = Marshal.GetLastPInvokeError();
        return result >= 0 ? result : throw new Win32Exception(errno, $"{call} failed: {Marshal.GetPInvokeErrorMessage(errno)}");
    }

    private struct Slot
    {
        internal IEpollHandler? Handler;
        internal uint Generation;
    }

    private sealed class WakeHandler(EpollBusLoop loop) : IEpollHandler
    {
        public void OnEvents(uint events)
        {
            ulong count;
            _ = LibC.Read(loop._wake, (byte*)&count, sizeof(ulong));

            // A full fence: who finds the flag still up has put its work where the look at the queue that follows finds it.
            _ = Interlocked.Exchange(ref loop._wakePending, 0);
            loop._hasPosted = true;
        }
    }
}

/// <summary>Receives the epoll events of one descriptor.</summary>
internal interface IEpollHandler
{
    void OnEvents(uint events);
}
