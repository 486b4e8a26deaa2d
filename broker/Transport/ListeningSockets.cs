using Microsoft.Extensions.Logging;
using XcpBroker.Config;
using XcpBroker.Diagnostics;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>A socket that listens.</summary>
/// <param name="Descriptor">The socket; whoever takes this closes it.</param>
/// <param name="Address">What clients connect to, with <paramref name="Guid"/>.</param>
/// <param name="Guid">The address's id, 32 hexadecimal digits.</param>
internal sealed record ListeningSocket(int Descriptor, UnixListenAddress Address, string Guid)
{
    /// <summary>The socket's file; null: it has none.</summary>
    internal string? File => Address.Kind == UnixAddressKind.Path ? Address.Value : null;
}

/// <summary>Opens what a bus listens on, before there is a bus: this may need rights that the bus does not keep.</summary>
internal static class ListeningSockets
{
    /// <summary>A socket for each address that can be listened on; each that cannot is logged.</summary>
    /// <exception cref="StartException">There is none.</exception>
    internal static IReadOnlyList<ListeningSocket> Open(BrokerOptions options, ILogger log)
    {
        List<ListeningSocket> sockets = [];
        string? problem = null;
        foreach (ListenAddress address in options.Addresses)
        {
            try
            {
                sockets.Add(Open((UnixListenAddress)address, options));
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
            _ = LibC.Close(socket.Descriptor);
            if (socket.File is { } file)
            {
                File.Delete(file);
            }
        }
    }

    // Not RandomNumberGenerator: it loads OpenSSL, which costs more than the rest of the start-up.
    internal static string NewId() => Guid.NewGuid().ToString("N");

    private static ListeningSocket Open(UnixListenAddress configured, BrokerOptions options)
    {
        if (!configured.TryResolve(options.Surroundings, out UnixListenAddress? address, out string? error))
        {
            throw new StartException(error);
        }

        string guid = address.Guid ?? NewId();
        return new ListeningSocket(UnixSocketOpener.Open(address, options.SocketMode), address with { Guid = guid }, guid);
    }
}
