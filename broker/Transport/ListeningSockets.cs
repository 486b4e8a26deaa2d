using Microsoft.Extensions.Logging;
using XcpBroker.Config;
using XcpBroker.Diagnostics;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>Opens what a bus listens on, before there is a bus: this may need rights that the bus does not keep.</summary>
internal static class ListeningSockets
{
    /// <summary>A socket for each address that can be listened on; each that cannot is logged.</summary>
    /// <exception cref="StartException">There is none.</exception>
    internal static IReadOnlyList<ListeningSocket> Open(BrokerOptions options, ILogger log)
    {
        PassedSocketOpener passed = new(PassedSockets.Take(), options.AllowsVsockLoopback);
        IReadOnlyList<ListeningSocket>[] opened = [.. options.Addresses.Select(static _ => (IReadOnlyList<ListeningSocket>)[])];
        string? problem = null;
        foreach (int i in Enumerable.Range(0, opened.Length).OrderBy(i => options.Addresses[i] is SystemdListenAddress)) // that one takes what is left
        {
            try
            {
                opened[i] = Open(options.Addresses[i], options, passed);
            }
            catch (StartException e)
            {
                problem = e.Message;
                Log.CannotListen(log, problem);
            }
        }

        foreach (string name in passed.CloseRest())
        {
            Log.PassedSocketUnused(log, name);
        }

        ListeningSocket[] sockets = [.. opened.SelectMany(static of => of)];
        return sockets.Length > 0 ? sockets : throw new StartException(problem ?? "there is no address to listen on");
    }

    /// <summary>Closes what no bus has taken, and removes the files.</summary>
    internal static void Close(IEnumerable<ListeningSocket> sockets)
    {
        foreach (ListeningSocket socket in sockets)
        {
            socket.Close();
            socket.RemoveFiles();
        }
    }

    // Not RandomNumberGenerator: it loads OpenSSL, which costs more than the rest of the start-up.
    internal static string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>A socket of a domain, for a bus that runs.</summary>
    /// <exception cref="StartException">It cannot be had; the text says why.</exception>
    internal static ListeningSocket OpenForDomain(UnixListenAddress address, BrokerOptions options) =>
        OpenUnix(address, options, new PassedSocketOpener([], options.AllowsVsockLoopback));

    private static IReadOnlyList<ListeningSocket> Open(ListenAddress configured, BrokerOptions options, PassedSocketOpener passed) => configured switch
    {
        UnixListenAddress unix => [OpenUnix(unix, options, passed)],
        TcpListenAddress tcp => [OpenTcp(tcp)],
        VsockListenAddress vsock => [VsockTransport.Listen(vsock, options.AllowsVsockLoopback)],
        SystemdListenAddress systemd => passed.Open(systemd),
        _ => throw new StartException($"{configured}: this transport cannot be listened on"),
    };

    private static ListeningSocket OpenUnix(UnixListenAddress configured, BrokerOptions options, PassedSocketOpener passed)
    {
        if (!configured.TryResolve(options.Surroundings, out UnixListenAddress? address, out string? error))
        {
            throw new StartException(error);
        }

        if (passed.Open(address) is { } socket)
        {
            return socket;
        }

        string guid = address.Guid ?? NewId();
        string? made = address.Domain is null ? null : DomainSocketDirectory.Make(address);
        UnixFileMode mode = address.Domain is null ? options.SocketMode : address.Mode ?? DomainSocketDirectory.SocketMode;
        return new ListeningSocket([UnixSocketOpener.Open(address, mode)], address with { Guid = guid }, guid, new UnixTransport())
        {
            MadeDirectory = made,
            File = address.Kind == UnixAddressKind.Path ? address.Value : null,
        };
    }

    private static ListeningSocket OpenTcp(TcpListenAddress configured)
    {
        string guid = configured.Guid ?? NewId();
        NonceFile? nonce = configured.HasNonce ? NonceFile.Create() : null;
        try
        {
            IReadOnlyList<int> descriptors = TcpSocketOpener.Open(configured, out TcpListenAddress address);
            return new ListeningSocket(descriptors, address with { Guid = guid, NonceFile = nonce?.Path }, guid, new TcpTransport()) { Nonce = nonce };
        }
        catch
        {
            nonce?.Delete();
            throw;
        }
    }
}
