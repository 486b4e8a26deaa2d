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
        List<ListeningSocket> sockets = [];
        string? problem = null;
        IReadOnlyList<(int Descriptor, string Name)> passed = PassedSockets.Take();
        foreach (ListenAddress address in options.Addresses)
        {
            try
            {
                sockets.AddRange(Open(address, options, passed));
                passed = address is SystemdListenAddress ? [] : passed;
            }
            catch (StartException e)
            {
                problem = e.Message;
                Log.CannotListen(log, problem);
            }
        }

        return sockets.Count > 0 ? sockets : throw new StartException(problem ?? "there is no address to listen on");
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

    private static IReadOnlyList<ListeningSocket> Open(
        ListenAddress configured, BrokerOptions options, IReadOnlyList<(int Descriptor, string Name)> passed) => configured switch
        {
            UnixListenAddress unix => [OpenUnix(unix, options)],
            TcpListenAddress tcp => [OpenTcp(tcp)],
            VsockListenAddress vsock => [VsockTransport.Listen(vsock, options.AllowsVsockLoopback)],
            SystemdListenAddress systemd => PassedSocketOpener.Open(systemd, passed, options.AllowsVsockLoopback),
            _ => throw new StartException($"{configured}: this transport cannot be listened on"),
        };

    private static ListeningSocket OpenUnix(UnixListenAddress configured, BrokerOptions options)
    {
        if (!configured.TryResolve(options.Surroundings, out UnixListenAddress? address, out string? error))
        {
            throw new StartException(error);
        }

        string guid = address.Guid ?? NewId();
        return new ListeningSocket([UnixSocketOpener.Open(address, options.SocketMode)], address with { Guid = guid }, guid, new UnixTransport())
        {
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
