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
    internal static IReadOnlyList<ListeningSocket> Open(BrokerOptions options, Transports transports, ILogger log)
    {
        PassedSocketOpener passed = new(PassedSockets.Take(), transports, options);
        IReadOnlyList<ListeningSocket>[] opened = [.. options.Addresses.Select(static _ => (IReadOnlyList<ListeningSocket>)[])];
        string? problem = null;
        foreach (int i in Enumerable.Range(0, opened.Length).OrderBy(i => options.Addresses[i] is SystemdListenAddress)) // that one takes what is left
        {
            try
            {
                opened[i] = Open(options.Addresses[i], options, transports, passed);
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

    /// <summary>Writes what clients of <c>nonce-tcp:</c> must know where the bus's own user can read it: so once the bus is that user.</summary>
    /// <exception cref="StartException">It cannot be written.</exception>
    internal static void WriteNonces(IEnumerable<ListeningSocket> sockets)
    {
        foreach (ListeningSocket socket in sockets)
        {
            socket.Nonce?.Write();
        }
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

    private static IReadOnlyList<ListeningSocket> Open(ListenAddress configured, BrokerOptions options, Transports transports, PassedSocketOpener passed) =>
        configured switch
        {
            SystemdListenAddress systemd => passed.Open(systemd),
            UnixListenAddress unix when UnixTransport.Complete(unix, options) is var address => [passed.Open(address) ?? transports.Of(address).Listen(address, options)],
            _ => [transports.Of(configured).Listen(configured, options)],
        };
}
