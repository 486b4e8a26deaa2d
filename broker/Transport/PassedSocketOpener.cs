using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>Takes over the sockets that systemd listens on for us: Unix, TCP or vsock.</summary>
internal static class PassedSocketOpener
{
    /// <summary>Every socket that was passed. Its file, if it has one, stays systemd's.</summary>
    /// <exception cref="StartException">There is none, or one is not a stream socket that listens; the text says which.</exception>
    internal static IReadOnlyList<ListeningSocket> Open(
        SystemdListenAddress address, IReadOnlyList<(int Descriptor, string Name)> passed, bool allowsVsockLoopback)
    {
        List<ListeningSocket> sockets = [];
        foreach ((int descriptor, string name) in passed)
        {
            if (Describe(descriptor, allowsVsockLoopback) is not { } known)
            {
                throw new StartException($"{address}: descriptor {descriptor} ('{name}') is not a Unix, TCP or vsock stream socket that listens");
            }

            Descriptors.SetNonBlocking(descriptor);
            string guid = address.Guid ?? ListeningSockets.NewId();
            sockets.Add(new ListeningSocket([descriptor], known.Address with { Guid = guid }, guid, known.Transport));
        }

        return sockets.Count > 0 ? sockets : throw new StartException($"{address}: no socket was passed to this process (LISTEN_PID, LISTEN_FDS)");
    }

    private static (ListenAddress Address, StreamTransport Transport)? Describe(int descriptor, bool allowsVsockLoopback)
    {
        if (SocketOptions.Get(descriptor, LibC.SOL_SOCKET, LibC.SO_TYPE) != LibC.SOCK_STREAM
            || SocketOptions.Get(descriptor, LibC.SOL_SOCKET, LibC.SO_ACCEPTCONN) != 1)
        {
            return null;
        }

        SocketName name = SocketName.Of(descriptor);
        return (int)name.AddressFamily switch
        {
            LibC.AF_UNIX when name.ToUnixAddress() is { } unix => (unix, new UnixTransport()),
            LibC.AF_INET or LibC.AF_INET6 => (
                new TcpListenAddress { Host = name.Host.ToString(), Port = name.Port, Family = name.Family }, new TcpTransport()),
            LibC.AF_VSOCK => (VsockTransport.AddressOf(name), new VsockTransport(allowsVsockLoopback)),
            _ => null,
        };
    }
}
