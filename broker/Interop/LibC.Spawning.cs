using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>What starting processes and changing one's user take.</summary>
internal static unsafe partial class LibC
{
    internal const int P_PID = 1;
    internal const int WNOHANG = 1;
    internal const int WEXITED = 4;
    internal const int CLD_EXITED = 1;
    internal const int SHUT_WR = 1;
    internal const int SIGHUP = 1;
    internal const int SIGINT = 2;
    internal const int SIGKILL = 9;
    internal const int SIGTERM = 15;
    internal const int SIGCHLD = 17;
    internal const int SIGXFSZ = 25;
    internal const int PR_SET_NAME = 15;
    internal const int PR_SET_NO_NEW_PRIVS = 38;
    internal const uint CLOSE_RANGE_CLOEXEC = 4;
    internal const int SOCK_SEQPACKET = 5;
    internal const int MSG_TRUNC = 0x20;
    internal const int EEXIST = 17;
    internal const int EPIPE = 32;
    internal const int ECHILD = 10;

    /// <summary>Larger than posix_spawn_file_actions_t of any glibc.</summary>
    internal const int SpawnActionsBytes = 256;

    /// <summary>The same on every architecture that Linux gained after 5.1 unified the table.</summary>
    private const nint PidFdOpenCall = 434;

    /// <summary>siginfo_t as waitid(2) fills it, on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct ChildStatus
    {
        [FieldOffset(8)]
        internal int Code;

        [FieldOffset(16)]
        internal int Pid;

        [FieldOffset(24)]
        internal int Status;
    }

    /// <summary>A descriptor that becomes readable when the process ends.</summary>
    internal static int PidFdOpen(int pid) => (int)SystemCall(PidFdOpenCall, pid, 0);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int SpawnActionsBegin(void* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int SpawnActionsEnd(void* actions);

    /// <summary>Where both are equal it clears close-on-exec (glibc since 2.29).</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int SpawnActionDuplicate(void* actions, int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen")]
    internal static partial int SpawnActionOpen(void* actions, int descriptor, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "waitid", SetLastError = true)]
    internal static partial int WaitId(int kind, uint id, ChildStatus* status, int options);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int SocketPair(int domain, int type, int protocol, int* pair);

    [LibraryImport("libc", EntryPoint = "chdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeDirectory(string path);

    [LibraryImport("libc", EntryPoint = "umask")]
    internal static partial uint SetFileModeMask(uint mask);

    [LibraryImport("libc", EntryPoint = "close_range", SetLastError = true)]
    internal static partial int CloseRange(uint first, uint last, uint flags);

    /// <summary>The C function is variadic; for this option it reads exactly these arguments.</summary>
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int ProcessControl(int option, nuint second, nuint third, nuint fourth, nuint fifth);
}
