using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>The system calls of each message, made past libc's own functions where their numbers are known.</summary>
/// <remarks>
/// libc's functions are cancellation points: in a process of several threads each switches the state of its thread with two atomic operations,
/// which nobody here needs. Errno is what <see cref="Marshal.GetLastSystemError"/> says right after a call that does not wait.
/// </remarks>
internal static unsafe partial class LibC
{
    private const int Unknown = -1;

    private static nint ReceiveFromNumber => RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 45, Architecture.Arm64 => 207, _ => Unknown };

    private static nint SendToNumber => RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 44, Architecture.Arm64 => 206, _ => Unknown };

    // Without a mask of signals and its size the last two arguments of epoll_pwait do nothing, and epoll_wait has none.
    private static nint EpollWaitNumber => RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 232, Architecture.Arm64 => 22, _ => Unknown };

    /// <summary>recv(2) that does not wait: only with MSG_DONTWAIT. Descriptors that come are closed by the kernel.</summary>
    internal static nint ReceiveNow(int fd, byte* buffer, nuint length, int flags) => ReceiveFromNumber == Unknown
        ? ReceiveByLibC(fd, buffer, length, flags)
        : SystemCallNow(ReceiveFromNumber, fd, (nint)buffer, (nint)length, flags, 0, 0);

    /// <summary>send(2) that does not wait: only with MSG_DONTWAIT.</summary>
    internal static nint SendNow(int fd, byte* buffer, nuint length, int flags) => SendToNumber == Unknown
        ? SendByLibC(fd, buffer, length, flags)
        : SystemCallNow(SendToNumber, fd, (nint)buffer, (nint)length, flags, 0, 0);

    /// <summary>epoll_wait(2) that waits. Below zero: <see cref="EpollWaitNow"/> knows whether that was more than a signal.</summary>
    internal static int EpollWait(int epoll, byte* events, int maxEvents, int timeoutMilliseconds) => EpollWaitNumber == Unknown
        ? EpollWaitByLibC(epoll, events, maxEvents, timeoutMilliseconds)
        : (int)SystemCall(EpollWaitNumber, epoll, (nint)events, maxEvents, timeoutMilliseconds, 0, 0);

    /// <summary>epoll_wait(2) without a timeout.</summary>
    internal static int EpollWaitNow(int epoll, byte* events, int maxEvents) => EpollWaitNumber == Unknown
        ? EpollWaitNowByLibC(epoll, events, maxEvents, 0)
        : (int)SystemCallNow(EpollWaitNumber, epoll, (nint)events, maxEvents, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [SuppressGCTransition]
    private static partial nint SystemCallNow(nint number, nint first, nint second, nint third, nint fourth, nint fifth, nint sixth);

    [LibraryImport("libc", EntryPoint = "recv")]
    [SuppressGCTransition]
    private static partial nint ReceiveByLibC(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send")]
    [SuppressGCTransition]
    private static partial nint SendByLibC(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    private static partial int EpollWaitByLibC(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    [SuppressGCTransition]
    private static partial int EpollWaitNowByLibC(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);
}
