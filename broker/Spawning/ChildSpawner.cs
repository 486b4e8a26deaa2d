using System.Runtime.InteropServices;
using XcpBroker.Activation;
using XcpBroker.Client;
using XcpBroker.Interop;
using XcpBroker.Protocol;
using XcpBroker.Startup;

namespace XcpBroker.Spawning;

/// <summary>A process that was made; the three descriptors are whoever's that takes them.</summary>
/// <param name="Pid">Valid until it is waited for, which nobody does but who holds this.</param>
/// <param name="EndDescriptor">A pidfd.</param>
/// <param name="StatusDescriptor">Gives an <see cref="ExecFailure"/>, or ends when the program runs.</param>
/// <param name="OutputDescriptor">What it writes to standard output and standard error.</param>
internal readonly record struct SpawnedProcess(int Pid, int EndDescriptor, int StatusDescriptor, int OutputDescriptor);

/// <summary>Makes processes: posix_spawn(3) of this very binary in its internal mode, which then executes the program.</summary>
/// <remarks>
/// posix_spawn suspends the calling thread until the child has executed, under a millisecond; no page tables are copied.
/// </remarks>
/// <param name="own">This binary.</param>
/// <param name="openFiles">RLIMIT_NOFILE as it was before this process raised its own.</param>
internal sealed unsafe class ChildSpawner(OwnProgram own, OpenFileLimit openFiles)
{
    private const int StatusTarget = UnitStart.StatusDescriptor;

    /// <summary>This binary again, in one of its internal modes.</summary>
    internal ChildCommand Own(params IEnumerable<string> words) => new()
    {
        Program = own.Path,
        Arguments = [.. own.Words, .. ChildCommand.Encode(words)],
        Environment = new Dictionary<string, string>(),
    };

    /// <summary>A process that has systemd start a unit, and tells how that ends.</summary>
    internal ChildCommand StartUnit(SystemUnit unit) => Own(UnitStart.Option, unit.Name, unit.BusAddress) with { TellsFailure = true };

    /// <summary>Makes the process, in a session of its own, with "/" as its working directory and nothing of ours but two pipes.</summary>
    /// <param name="command">What it is to be.</param>
    /// <param name="input">Its standard input; null: /dev/null.</param>
    /// <param name="process">The process.</param>
    /// <returns>Why there is none.</returns>
    internal DBusError Spawn(ChildCommand command, int? input, out SpawnedProcess process)
    {
        process = default;
        int* status = stackalloc int[2];
        if (LibC.Pipe(status, LibC.O_CLOEXEC) < 0)
        {
            return SpawnError.Failed("cannot make a pipe", Marshal.GetLastPInvokeError());
        }

        int* output = stackalloc int[2];
        if (LibC.Pipe(output, LibC.O_CLOEXEC) < 0)
        {
            int noPipe = Marshal.GetLastPInvokeError();
            Close(status[0], status[1]);
            return SpawnError.Failed("cannot make a pipe", noPipe);
        }

        int error = Execute(command, input, status[1], output[1], out int pid);
        Close(status[1], output[1]);
        if (error != 0)
        {
            Close(status[0], output[0]);
            return SpawnError.Fork(error);
        }

        int end = LibC.PidFdOpen(pid);
        if (end < 0)
        {
            int unwatched = Marshal.GetLastPInvokeError();
            Close(status[0], output[0]);
            Discard(pid);
            return SpawnError.Failed("cannot watch the process", unwatched);
        }

        process = new SpawnedProcess(pid, end, status[0], output[0]);
        return default;
    }

    /// <summary>Kills a process that nobody can watch, and waits for its end, which is at once.</summary>
    internal static void Discard(int pid)
    {
        _ = LibC.Kill(pid, LibC.SIGKILL);
        LibC.ChildStatus ignored;
        while (LibC.WaitId(LibC.P_PID, (uint)pid, &ignored, LibC.WEXITED) < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR)
        {
        }
    }

    private int Execute(ChildCommand command, int? input, int status, int output, out int pid)
    {
        using NativeStringList path = new([NativeStrings.Encode(own.Path)]);
        using NativeStringList arguments = new(Words(command));
        using NativeStringList environment = new([.. command.Environment.Select(pair => NativeStrings.Encode($"{pair.Key}={pair.Value}"))]);
        byte* actions = stackalloc byte[LibC.SpawnActionsBytes];
        _ = LibC.SpawnActionsBegin(actions);
        fixed (byte* nullDevice = "/dev/null\0"u8)
        {
            // The status pipe last: the descriptor that it goes to may be one of the others' sources.
            _ = input is { } descriptor
                ? LibC.SpawnActionDuplicate(actions, descriptor, 0)
                : LibC.SpawnActionOpen(actions, 0, nullDevice, 0, 0);
            _ = LibC.SpawnActionDuplicate(actions, output, 1);
            _ = LibC.SpawnActionDuplicate(actions, output, 2);
            _ = LibC.SpawnActionDuplicate(actions, status, StatusTarget);
            int child;
            int error = LibC.Spawn(&child, path.Start[0], actions, null, arguments.Start, environment.Start);
            pid = error == 0 ? child : 0;
            _ = LibC.SpawnActionsEnd(actions);
            return error;
        }
    }

    private List<byte[]> Words(ChildCommand command)
    {
        ExecRequest request = new()
        {
            NewSession = true,
            RootDirectory = true,
            PlainOomScore = !command.KeepsOomScore,
            StatusDescriptor = StatusTarget,
            KeepsStatus = command.TellsFailure,
            OpenFiles = openFiles,
            Groups = command.Account?.Groups,
            GroupId = command.Account?.GroupId,
            UserId = command.Account?.UserId,
        };
        return
        [
            .. own.Words,
            NativeStrings.Encode(InternalExec.Option),
            .. request.ToWords().Select(NativeStrings.Encode),
            NativeStrings.Encode(InternalExec.Separator),
            NativeStrings.Encode(command.Path),
            .. command.Arguments,
        ];
    }

    private static void Close(int first, int second)
    {
        _ = LibC.Close(first);
        _ = LibC.Close(second);
    }
}
