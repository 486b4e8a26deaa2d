using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Config;
using XcpBroker.Startup;

namespace XcpBroker;

/// <summary>A stand-in that listens and answers nothing, until the loop takes this place.</summary>
internal sealed class RunningBus : IDisposable
{
    private readonly List<Socket> _listeners = [];
    private readonly List<string> _paths = [];
    private readonly List<string> _addresses = [];
    private readonly TaskCompletionSource<Exception?> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningBus()
    {
    }

    internal IReadOnlyList<string> Addresses => _addresses;

    internal Task<Exception?> Stopped => _stopped.Task;

    internal static RunningBus Start(BrokerOptions options, ILoggerFactory log)
    {
        RunningBus bus = new();
        string? problem = null;
        foreach (UnixListenAddress address in options.Addresses.OfType<UnixListenAddress>())
        {
            problem = address.TryResolve(options.Surroundings, out UnixListenAddress? connectable, out string? error)
                ? bus.Listen(connectable, options.SocketMode)
                : error;
            if (problem is not null)
            {
                log.CreateLogger(problem).BeginScope(problem)?.Dispose();
            }
        }

        return bus._listeners.Count > 0 ? bus : throw new StartException(problem ?? "no address to listen on");
    }

    internal Task Ping() => _listeners.Count > 0 ? Task.CompletedTask : Task.FromException(new InvalidOperationException());

    internal void RequestStop()
    {
        Dispose();
        _ = _stopped.TrySetResult(null);
    }

    public void Dispose()
    {
        foreach (Socket listener in _listeners)
        {
            listener.Dispose();
        }

        foreach (string path in _paths)
        {
            File.Delete(path);
        }

        _paths.Clear();
    }

    private string? Listen(UnixListenAddress address, UnixFileMode mode)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(Encoding.ASCII.GetString(address.ToSocketName())));
            listener.Listen();
        }
        catch (SocketException e)
        {
            listener.Dispose();
            return $"{address}: {e.Message}";
        }

        if (address.Kind == UnixAddressKind.Path)
        {
            File.SetUnixFileMode(address.Value, mode);
            _paths.Add(address.Value);
        }

        _listeners.Add(listener);
        string guid = address.Guid ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        _addresses.Add((address with { Guid = guid }).ToString());
        return null;
    }
}
