using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Transport;

/// <summary>The connecting end of stream sockets.</summary>
internal static unsafe class ClientSocket
{
    /// <summary>Begins to connect; the socket is writable once it is known what became of it.</summary>
    /// <param name="name">What to connect to.</param>
    /// <param name="errno">0: it is connected; EINPROGRESS: it will be, or not; another: it cannot be.</param>
    /// <returns>The socket; -1: there is none.</returns>
    internal static int Begin(SocketName name, out int errno)
    {
        int fd = LibC.Socket(name.AddressFamily, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        errno = fd < 0 ? Marshal.GetLastPInvokeError() : Connect(fd, name);
        if (fd >= 0 && errno is not (0 or LibC.EINPROGRESS))
        {
            _ = LibC.Close(fd);
            fd = -1;
        }

        return fd;
    }

    /// <summary>What became of a socket that has become writable: 0, or why it is not connected.</summary>
    internal static int Outcome(int fd) => SocketOptions.Get(fd, LibC.SOL_SOCKET, LibC.SO_ERROR) ?? Marshal.GetLastPInvokeError();

    /// <summary>A connected socket whose calls wait.</summary>
    /// <param name="name">What to connect to.</param>
    /// <param name="patience">None longer than this; null: for ever.</param>
    /// <param name="errno">Why there is none.</param>
    /// <returns>The socket, or -1.</returns>
    internal static int ConnectWaiting(SocketName name, TimeSpan? patience, out int errno)
    {
        int fd = LibC.Socket(name.AddressFamily, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            errno = Marshal.GetLastPInvokeError();
            return -1;
        }

        long* time = stackalloc long[2] { (long)(patience?.TotalSeconds ?? 0), 0 }; // struct timeval
        _ = LibC.SetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_RCVTIMEO, (byte*)time, 2 * sizeof(long));
        _ = LibC.SetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_SNDTIMEO, (byte*)time, 2 * sizeof(long));
        errno = Connect(fd, name);
        if (errno != 0)
        {
            // connect(2) that has waited long enough says EINPROGRESS.
            errno = errno == LibC.EINPROGRESS ? LibC.ETIMEDOUT : errno;
            _ = LibC.Close(fd);
            return -1;
        }

        return fd;
    }

    private static int Connect(int fd, SocketName name)
    {
        fixed (byte* start = name.Bytes)
        {
            return LibC.Connect(fd, start, (uint)name.Bytes.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }
}
