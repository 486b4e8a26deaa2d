using System.Runtime.InteropServices;
using XcpBroker.Interop;
using XcpBroker.Protocol;
using XcpBroker.Startup;

namespace XcpBroker.Spawning.Helper;

/// <summary>The root helper as the broker that started it sees it.</summary>
/// <param name="Pid">A child of ours, to be waited for.</param>
/// <param name="Socket">Our end; its close ends the helper.</param>
/// <param name="OutputDescriptor">What the helper writes, which is nothing unless it breaks.</param>
internal sealed unsafe record HelperProcess(int Pid, int Socket, int OutputDescriptor)
{
    /// <summary>Starts it, and returns when it has executed. Only root can.</summary>
    /// <exception cref="StartException">It cannot be started.</exception>
    internal static HelperProcess Start(ChildSpawner spawner, HelperOptions options)
    {
        if (PacketSocket.TryCreatePair(out int ours, out int theirs) is not 0 and int error)
        {
            throw new StartException($"cannot make a socket for the root helper: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        ChildCommand command = spawner.Own([RootHelper.Option, .. options.ToWords()]) with { KeepsOomScore = true };
        DBusError failure = spawner.Spawn(command, theirs, out SpawnedProcess process);
        _ = LibC.Close(theirs);
        return failure.IsNone ? WaitForExecution(process, ours) : throw new StartException($"cannot start the root helper: {failure.Message}");
    }

    /// <summary>Ends it and waits for that: it removes files, and the next broker must not meet them.</summary>
    internal void End()
    {
        _ = LibC.Close(Socket);
        LibC.ChildStatus ignored;
        while (LibC.WaitId(LibC.P_PID, (uint)Pid, &ignored, LibC.WEXITED) < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR)
        {
        }
    }

    private static HelperProcess WaitForExecution(SpawnedProcess process, int socket)
    {
        byte* octets = stackalloc byte[ExecFailure.Size];
        nint count;
        do
        {
            count = LibC.Read(process.StatusDescriptor, octets, ExecFailure.Size);
        }
        while (count < 0 && Marshal.GetLastPInvokeError() == LibC.EINTR);

        _ = LibC.Close(process.StatusDescriptor);
        _ = LibC.Close(process.EndDescriptor);
        return count > 0 && ExecFailure.TryRead(new ReadOnlySpan<byte>(octets, (int)count)) is { } failure
            ? throw new StartException($"the root helper: {SpawnError.Exec("it", failure).Message}")
            : new HelperProcess(process.Pid, socket, process.OutputDescriptor);
    }
}
