using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>The system calls that .NET has no face for: this part is about processes and plain descriptors.</summary>
/// <remarks>A call that answers below zero leaves its error number in <see cref="Marshal.GetLastPInvokeError"/>.</remarks>
internal static unsafe partial class LibC
{
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_CREAT = 0x40;
    internal const int O_EXCL = 0x80;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int F_GETFD = 1;
    internal const int F_SETFD = 2;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int F_GETFL = 3;
    internal const int F_SETFL = 4;
    internal const int FD_CLOEXEC = 1;
    internal const int SIG_SETMASK = 2;
    internal const int HighestSignal = 64;
    internal const nint SIG_DFL = 0;
    internal const nint SIG_IGN = 1;
    internal const short POLLIN = 1;
    internal const short POLLOUT = 4;

    /// <summary>Larger than sigset_t and struct sigaction of any glibc; both begin with what is read here.</summary>
    internal const int SignalStructureBytes = 256;

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollDescriptor
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    /// <summary>The C function is variadic; with O_CREAT it reads exactly these arguments.</summary>
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, uint mode);

    /// <summary>A file without a name, in memory.</summary>
    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    internal static partial int Duplicate(int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int DescriptorControl(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int Pipe(int* pair, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int SetResourceLimit(int resource, ResourceLimit* limit);

    /// <summary>Returns the error number instead of setting it.</summary>
    [LibraryImport("libc", EntryPoint = "posix_spawn")]
    internal static partial int Spawn(int* pid, byte* path, void* actions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int WaitProcess(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true)]
    internal static partial int Execute(byte* path, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    internal static partial int StartSession();

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    internal static partial int SetGroups(nuint count, uint* groups);

    /// <summary>Of setresuid, setresgid and chown: stays as it is.</summary>
    internal const uint Unchanged = uint.MaxValue;

    [LibraryImport("libc", EntryPoint = "setresgid", SetLastError = true)]
    internal static partial int SetGroupIds(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "setresuid", SetLastError = true)]
    internal static partial int SetUserIds(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    internal static partial int SignalAction(int signal, void* action, void* previous);

    [LibraryImport("libc", EntryPoint = "signal", SetLastError = true)]
    internal static partial nint Signal(int signal, nint handler);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    internal static partial int EmptySignalSet(void* set);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    internal static partial int SignalMask(int how, void* set, void* previous);

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    internal static partial nint GetRandom(byte* buffer, nuint size, uint flags);

    /// <summary>Keeps the pointer: it must stay valid as long as the process.</summary>
    [LibraryImport("libc", EntryPoint = "openlog")]
    internal static partial void OpenSyslog(byte* identity, int options, int facility);

    /// <summary>The C function is variadic; with "%s" as its format it reads exactly these arguments.</summary>
    [LibraryImport("libc", EntryPoint = "syslog")]
    internal static partial void WriteSyslog(int priority, byte* format, byte* text);
}
