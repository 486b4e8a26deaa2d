using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>The connecting end of each transport.</summary>
internal static unsafe class ClientSocket
{
    /// <summary>Why an address cannot be connected to, whatever is there; null: it can.</summary>
    internal static string? Problem(ListenAddress address) => address switch
    {
        UnixListenAddress { Kind: UnixAddressKind.Path or UnixAddressKind.Abstract } => null,
        VsockListenAddress { Cid: null } => $"{address}: 'cid' must say which machine to connect to; 2 is the host",
        TcpListenAddress { HasNonce: false, Port: 0 } => $"{address}: 'port' must be given",
        VsockListenAddress or TcpListenAddress { HasNonce: false } => null,
        _ => $"{address}: this kind of address cannot be connected to",
    };

    /// <summary>The kernel's forms of an address, to be tried in this order. May wait for DNS.</summary>
    /// <exception cref="StartException">There are none; the text says why.</exception>
    internal static IReadOnlyList<SocketName> Resolve(ListenAddress address) => Problem(address) is { } problem
        ? throw new StartException(problem)
        : address switch
        {
            UnixListenAddress unix => [SocketName.OfUnix(unix)],
            VsockListenAddress vsock => [SocketName.OfVsock(vsock.Cid!.Value, vsock.Port)],
            _ => HostAddresses.Find((TcpListenAddress)address, ((TcpListenAddress)address).Host, isPassive: false),
        };

    /// <summary>What kind of sockets an address is about.</summary>
    internal static StreamTransport TransportOf(ListenAddress address) => address switch
    {
        UnixListenAddress => new UnixTransport(),
        VsockListenAddress => new VsockTransport(allowsLoopback: true),
        _ => new TcpTransport(),
    };

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
