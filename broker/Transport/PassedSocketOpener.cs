using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>Takes over the sockets that systemd listens on for us: each once. Their files, if they have any, stay systemd's.</summary>
internal sealed class PassedSocketOpener(IReadOnlyList<(int Descriptor, string Name)> passed, Transports transports, BrokerOptions options)
{
    private readonly List<(int Descriptor, string Name)> _left = [.. passed];

    /// <summary>The one that is bound to this address already; null: there is none, the address is to be opened.</summary>
    internal ListeningSocket? Open(UnixListenAddress address)
    {
        foreach ((int descriptor, string name) in _left)
        {
            if (Describe(descriptor) is { Address: UnixListenAddress bound } known && bound.Kind == address.Kind && bound.Value == address.Value)
            {
                _left.Remove((descriptor, name));
                return Take(descriptor, address, known.Transport, address.Guid);
            }
        }

        return null;
    }

    /// <summary>All that no other address has taken.</summary>
    /// <exception cref="StartException">There is none, or one is not a stream socket that listens; the text says which.</exception>
    internal IReadOnlyList<ListeningSocket> Open(SystemdListenAddress address)
    {
        List<ListeningSocket> sockets = [];
        foreach ((int descriptor, string name) in _left)
        {
            if (Describe(descriptor) is not { } known)
            {
                throw new StartException($"{address}: descriptor {descriptor} ('{name}') is not a Unix, TCP or vsock stream socket that listens");
            }

            sockets.Add(Take(descriptor, known.Address, known.Transport, address.Guid));
        }

        _left.Clear();
        return sockets.Count > 0 ? sockets : throw new StartException($"{address}: no socket was passed to this process (LISTEN_PID, LISTEN_FDS)");
    }

    /// <summary>Closes what no address has taken.</summary>
    /// <returns>Their names.</returns>
    internal IReadOnlyList<string> CloseRest()
    {
        string[] names = [.. _left.Select(static socket => socket.Name)];
        _left.ForEach(static socket => _ = LibC.Close(socket.Descriptor));
        _left.Clear();
        return names;
    }

    private static ListeningSocket Take(int descriptor, ListenAddress address, ITransport transport, string? id)
    {
        Descriptors.SetNonBlocking(descriptor);
        string guid = id ?? ListeningSockets.NewId();
        return new ListeningSocket([descriptor], address with { Guid = guid }, guid, transport);
    }

    private (ListenAddress Address, ITransport Transport)? Describe(int descriptor)
    {
        if (SocketOptions.Get(descriptor, LibC.SOL_SOCKET, LibC.SO_TYPE) != LibC.SOCK_STREAM
            || SocketOptions.Get(descriptor, LibC.SOL_SOCKET, LibC.SO_ACCEPTCONN) != 1)
        {
            return null;
        }

        SocketName bound = SocketName.Of(descriptor);
        return transports.All.Select(transport => transport.Recognise(bound, options)).FirstOrDefault(known => known is not null);
    }
}
