using System.ComponentModel;
using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>Makes listening TCP sockets.</summary>
internal static unsafe class TcpSocketOpener
{
    private const int Backlog = 4096;

    /// <summary>A socket for each address of the host, all with the same port. May wait for a name server.</summary>
    /// <param name="address">As configured.</param>
    /// <param name="connectable">What clients connect to; its family is that of the first socket.</param>
    /// <exception cref="StartException">There is none; the text says why.</exception>
    internal static IReadOnlyList<int> Open(TcpListenAddress address, out TcpListenAddress connectable)
    {
        List<int> sockets = [];
        connectable = address with { Bind = null };
        string host = address.Bind ?? address.Host;
        try
        {
            string? problem = null;
            foreach (SocketName found in HostAddresses.Find(address, host == TcpListenAddress.BindEverywhere ? null : host, isPassive: true))
            {
                SocketName name = found.WithPort(connectable.Port);
                int fd = TryListen(name, out int errno);
                if (fd >= 0)
                {
                    connectable = sockets.Count > 0 ? connectable : connectable with { Port = SocketName.Of(fd).Port, Family = name.Family };
                    sockets.Add(fd);
                    continue;
                }

                problem = $"{address}: cannot listen on {name}: {new Win32Exception(errno).Message}";
                if (!IsPassedOver(errno, isPortOurs: address.Port == 0 && sockets.Count > 0))
                {
                    throw new StartException(problem);
                }
            }

            return sockets.Count > 0 ? sockets : throw new StartException(problem ?? $"{address}: the host has no address");
        }
        catch
        {
            sockets.ForEach(fd => _ = LibC.Close(fd));
            throw;
        }
    }

    /// <summary>An address that this host does not have (IPv6, mostly), or the other protocol's port of a number that the kernel chose.</summary>
    private static bool IsPassedOver(int errno, bool isPortOurs) =>
        errno is LibC.EAFNOSUPPORT or LibC.EADDRNOTAVAIL || (errno == LibC.EADDRINUSE && isPortOurs);

    private static int TryListen(SocketName name, out int errno)
    {
        int fd = LibC.Socket(name.IsIPv6 ? LibC.AF_INET6 : LibC.AF_INET, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        bool isListening = fd >= 0

            // Connections of the last start that are still dying out must not keep the port.
            && SocketOptions.TrySet(fd, LibC.SOL_SOCKET, LibC.SO_REUSEADDR, 1)

            // [::] would take 0.0.0.0's connections, and its port.
            && (!name.IsIPv6 || SocketOptions.TrySet(fd, LibC.IPPROTO_IPV6, LibC.IPV6_V6ONLY, 1))
            && Bind(fd, name)
            && LibC.Listen(fd, Backlog) == 0;
        errno = isListening ? 0 : Marshal.GetLastPInvokeError();
        if (!isListening && fd >= 0)
        {
            _ = LibC.Close(fd);
        }

        return isListening ? fd : -1;
    }

    private static bool Bind(int fd, SocketName name)
    {
        fixed (byte* start = name.Bytes)
        {
            return LibC.Bind(fd, start, (uint)name.Bytes.Length) == 0;
        }
    }
}
