using System.ComponentModel;
using System.Globalization;
using System.Net;
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
        HashSet<IPAddress> tried = []; // hosts(5) may name one twice
        connectable = address with { Bind = null };
        LibC.AddressInfo* found = Find(address);
        try
        {
            string? problem = null;
            for (LibC.AddressInfo* candidate = found; candidate is not null; candidate = candidate->Next)
            {
                SocketName name = SocketName.Read(candidate->Address, candidate->AddressLength).WithPort(connectable.Port);
                if (!tried.Add(name.Host))
                {
                    continue;
                }

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
        finally
        {
            LibC.FreeAddresses(found);
        }
    }

    /// <summary>An address that this host does not have (IPv6, mostly), or the other protocol's port of a number that the kernel chose.</summary>
    private static bool IsPassedOver(int errno, bool isPortOurs) =>
        errno is LibC.EAFNOSUPPORT or LibC.EADDRNOTAVAIL || (errno == LibC.EADDRINUSE && isPortOurs);

    private static LibC.AddressInfo* Find(TcpListenAddress address)
    {
        LibC.AddressInfo hints = new()
        {
            Flags = LibC.AI_PASSIVE,
            SocketType = LibC.SOCK_STREAM,
            Family = address.Family switch
            {
                TcpFamily.IPv4 => LibC.AF_INET,
                TcpFamily.IPv6 => LibC.AF_INET6,
                _ => LibC.AF_UNSPEC,
            },
        };
        string host = address.Bind ?? address.Host;
        LibC.AddressInfo* found;
        int error = LibC.FindAddresses(
            host == TcpListenAddress.BindEverywhere ? null : host, address.Port.ToString(CultureInfo.InvariantCulture), &hints, &found);
        if (error != 0)
        {
            string why = error == LibC.EAI_SYSTEM
                ? new Win32Exception(Marshal.GetLastPInvokeError()).Message
                : Marshal.PtrToStringUTF8((nint)LibC.DescribeAddressError(error))!;
            throw new StartException($"{address}: cannot find the host '{host}': {why}");
        }

        return found;
    }

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
