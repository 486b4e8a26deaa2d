using System.Runtime.InteropServices;
using XcpBroker.Activation;
using XcpBroker.Client;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Protocol;
using XcpBroker.Startup;

namespace XcpBroker.Spawning;

/// <summary>What becomes of a process that is to be made; all on the loop that watches it.</summary>
internal interface IChildEvents
{
    /// <summary>There is a process; it may still fail to become the program.</summary>
    /// <param name="pid">Its id.</param>
    /// <param name="outputDescriptor">What it writes; the callee's from here on.</param>
    void Made(int pid, int outputDescriptor);

    /// <summary>It did not become the program. The last event.</summary>
    void StartFailed(DBusError error);

    /// <summary>The program ran, and has ended. The last event.</summary>
    void Ended(ServiceExit exit);
}

/// <summary>A process of ours, from its making until it has been waited for.</summary>
/// <remarks>
/// Waited for by its own id only, when its pidfd says that it has ended: SIGCHLD and what the runtime makes of it play no part.
/// </remarks>
internal sealed unsafe class Child
{
    private readonly SpawnedProcess _process;
    private readonly string _program;
    private readonly IChildEvents _events;
    private DescriptorWatch? _status;
    private DescriptorWatch? _end;
    private bool _hasFailed;

    private Child(SpawnedProcess process, string program, IChildEvents events)
    {
        _process = process;
        _program = program;
        _events = events;
    }

    /// <summary>Watches a process that was just made. If that cannot be, the process is gone again, and an event has said so.</summary>
    internal static Child? Watch(EpollBusLoop loop, SpawnedProcess process, string program, IChildEvents events)
    {
        Child child = new(process, program, events);
        child._status = DescriptorWatch.Create(loop, process.StatusDescriptor, child.OnStatus);
        child._end = DescriptorWatch.Create(loop, process.EndDescriptor, child.OnEnd);
        if (child._status is not null && child._end is not null)
        {
            return child;
        }

        int error = Marshal.GetLastPInvokeError();
        child._status?.Dispose();
        child._end?.Dispose();
        ChildSpawner.Discard(process.Pid);
        events.StartFailed(SpawnError.Failed("cannot watch the process", error));
        return null;
    }

    /// <summary>SIGKILL, unless it has ended.</summary>
    internal void Kill()
    {
        if (_end is not null)
        {
            _ = LibC.Kill(_process.Pid, LibC.SIGKILL);
        }
    }

    private void OnStatus()
    {
        byte* octets = stackalloc byte[UnitStart.MaxStatus];
        nint count = LibC.Read(_status!.Descriptor, octets, UnitStart.MaxStatus);
        _status.Dispose();
        _status = null;
        ReadOnlySpan<byte> status = new(octets, (int)Math.Max(count, 0));
        DBusError? error = ExecFailure.TryRead(status) is { } failure ? SpawnError.Exec(_program, failure) : UnitStart.TryReadStatus(status);
        if (error is { } told)
        {
            _hasFailed = true;
            _events.StartFailed(told);
        }
    }

    private void OnEnd()
    {
        // What failed was written before the end, but the loop may see the end first.
        if (_status is not null)
        {
            OnStatus();
        }

        LibC.ChildStatus status = default;
        bool isKnown = LibC.WaitId(LibC.P_PID, (uint)_process.Pid, &status, LibC.WEXITED | LibC.WNOHANG) == 0 && status.Pid == _process.Pid;
        _end!.Dispose();
        _end = null;
        if (!_hasFailed)
        {
            _events.Ended(!isKnown ? default
                : status.Code == LibC.CLD_EXITED ? new ServiceExit(status.Status, 0)
                : new ServiceExit(0, status.Status));
        }
    }
}
