using System.ComponentModel;
using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>Makes listening Unix sockets.</summary>
/// <remarks>A socket file that a dead broker left behind is replaced; one that somebody answers on is not touched.</remarks>
internal static unsafe class UnixSocketOpener
{
    private const int Backlog = 4096;

    /// <summary>The listening socket of a connectable address, with the access mode from its first moment on.</summary>
    /// <exception cref="StartException">It cannot be had; the text says why.</exception>
    internal static int Open(UnixListenAddress address, UnixFileMode mode)
    {
        byte[] socketAddress = SocketName.OfUnix(address).Bytes;
        int fd = Socket(address);
        try
        {
            // Linux gives the file the mode of the socket's own inode, less the umask: no moment with a wider one.
            _ = LibC.FileChangeMode(fd, (uint)mode);
            int errno = TryBind(fd, socketAddress);
            if (errno == LibC.EADDRINUSE && address.Kind == UnixAddressKind.Path && IsDead(address, socketAddress))
            {
                File.Delete(address.Value);
                errno = TryBind(fd, socketAddress);
            }

            if (errno == LibC.EADDRINUSE)
            {
                string what = address.Kind == UnixAddressKind.Path && !IsSocket(address.Value)
                    ? "there is a file of that name that is not a socket"
                    : "it is listened on already";
                throw new StartException($"{address}: {what}");
            }

            if (errno != 0)
            {
                throw new StartException($"{address}: cannot bind: {new Win32Exception(errno).Message}");
            }

            if (address.Kind == UnixAddressKind.Path)
            {
                // The umask may have taken what the mode gives.
                File.SetUnixFileMode(address.Value, mode);
            }

            return LibC.Listen(fd, Backlog) == 0 ? fd : throw Failure(address, "listen");
        }
        catch
        {
            _ = LibC.Close(fd);
            throw;
        }
    }

    private static int Socket(UnixListenAddress address)
    {
        int fd = LibC.Socket(LibC.AF_UNIX, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        return fd >= 0 ? fd : throw Failure(address, "make a socket");
    }

    private static StartException Failure(UnixListenAddress address, string what) =>
        new($"{address}: cannot {what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    private static int TryBind(int fd, byte[] address)
    {
        fixed (byte* start = address)
        {
            return LibC.Bind(fd, start, (uint)address.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Nobody answers: ECONNREFUSED is what the kernel says of a socket file without a listener (and of a file that is no socket).</summary>
    private static bool IsDead(UnixListenAddress address, byte[] socketAddress)
    {
        int fd = Socket(address);
        int errno;
        fixed (byte* start = socketAddress)
        {
            errno = LibC.Connect(fd, start, (uint)socketAddress.Length) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }

        _ = LibC.Close(fd);
        return errno == LibC.ECONNREFUSED && IsSocket(address.Value);
    }

    /// <summary>open(2) is refused with ENXIO for a socket only.</summary>
    private static bool IsSocket(string path)
    {
        int fd = LibC.Open(path, LibC.O_CLOEXEC | LibC.O_NONBLOCK);
        int errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (fd >= 0)
        {
            _ = LibC.Close(fd);
        }

        return errno == LibC.ENXIO;
    }
}
