using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Buffers;
using XcpBroker.Config;
using XcpBroker.Diagnostics;
using XcpBroker.Journal;
using XcpBroker.Keyrings;
using XcpBroker.Loop;
using XcpBroker.Reloading;
using XcpBroker.Spawning;
using XcpBroker.Startup;
using XcpBroker.Tokens;
using XcpBroker.Transport;

namespace XcpBroker;

/// <summary>A bus on its own thread, from sockets that listen to its end.</summary>
internal sealed class RunningBus : IDisposable
{
    internal const string LogCategory = "XcpBroker";

    /// <summary>Bytes of one read, where max_incoming_bytes does not ask for less. A sender's socket buffer holds about three of these.</summary>
    private const int LargestRead = 64 * 1024;

    private const int SmallestRead = 1024;

    private readonly EpollBusLoop _loop;
    private readonly BlockPool _blocks = new();
    private readonly SocketIO _io;
    private readonly Composition _bus;
    private readonly Transports _transports;
    private readonly DirectoryWatch _watch;
    private readonly JournalFiles? _journal;
    private readonly ListenerTerms _terms;
    private readonly DomainListeners _domainSockets;
    private readonly List<IListener> _listeners = [];
    private readonly List<ListeningSocket> _sockets = [];
    private readonly List<string> _addresses = [];
    private readonly ILogger _log;
    private readonly Thread _thread;
    private readonly TaskCompletionSource<Exception?> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningBus(BusStart start, ILoggerFactory log)
    {
        BrokerOptions options = start.Options;
        _transports = start.Transports;
        _log = log.CreateLogger(LogCategory);
        _loop = new EpollBusLoop(TimeProvider.System, options.BusyPoll);
        _io = new SocketIO(_loop, _blocks, (int)Math.Clamp(options.Limits.MaxIncomingBytes, SmallestRead, LargestRead));
        BusIdentity identity = new(
            ListeningSockets.NewId(), start.Epoch, HostIdentity.OwnCredentials(), HostIdentity.MachineId(),
            HostIdentity.DescriptorLimit());
        IServiceStarter starter = start.Services.CreateStarter(_loop, log.CreateLogger(SpawnLog.Category));
        ActivationOptions starting = ActivationSetup.Prepare(options, start.Sockets, starter, start.Services.HasHelper);
        ActivationLog.Report(_log, starting.Catalog);
        if (options.ServiceHelper is { } unused)
        {
            ActivationLog.HelperIgnored(_log, unused);
        }

        JournalImage image = new();
        _journal = options.StateDirectory is { } state ? JournalFiles.Open(StateDirectory.JournalOf(state), _log, out image) : null;
        JournalStart? journal = _journal is null ? null : new JournalStart(new JournalWriter(_journal, _loop, RunOnPool), image);
        _bus = new Composition(_loop, _blocks, options, start.Source with { RunElsewhere = RunOnPool }, identity, starting, journal, _log);
        _bus.Idle.Collected = ProgramPages.LetGo;
        _watch = new DirectoryWatch(_loop, () => _bus.Reloader.Request(), _log);
        _bus.Reloader.Done = Watch;
        _bus.Reloader.HasChanged = _watch.HasChanged;
        _bus.Reloader.Began = _watch.Settle;
        _watch.Watch(WatchedNames.Of(options, Directory.Exists));
        _terms = new ListenerTerms(options, _bus.Domains, KeyringCookies.OfOwnUser(_loop, _log), () => new TokenFailures(_loop, _log));
        _bus.InForce.Applied = _terms.Apply;
        _domainSockets = new DomainListeners(address => new UnixTransport().Listen(address, options), Accept)
        {
            Closed = Forget,
        };
        _bus.LiveDomains.Listeners = _domainSockets;
        _thread = new Thread(Run) { Name = "bus" };
    }

    /// <summary>What clients connect to, one address a listener, each with its GUID.</summary>
    internal IReadOnlyList<string> Addresses => _addresses;

    /// <summary>Ends with null after <see cref="RequestStop"/>, or with what made the loop fail.</summary>
    internal Task<Exception?> Stopped => _stopped.Task;

    /// <summary>Serves from its own thread when this returns.</summary>
    /// <param name="start">What it starts from.</param>
    /// <param name="log">Where it says what happens.</param>
    internal static RunningBus Start(BusStart start, ILoggerFactory log)
    {
        RunningBus bus;
        try
        {
            bus = new RunningBus(start, log);
            foreach (ListeningSocket socket in start.Sockets)
            {
                bus.Listen(socket);
            }
        }
        catch
        {
            ListeningSockets.Close(start.Sockets);
            throw;
        }

        bus._bus.Boots.Begin(start.Services.WatchDomains(bus._loop, bus._bus.Boots), bus.GuidOf);
        bus._thread.Start();
        return bus;
    }

    /// <summary>Completes once the loop has come by: proof that it turns.</summary>
    internal Task Ping()
    {
        TaskCompletionSource came = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Schedule(static state => ((TaskCompletionSource)state!).SetResult(), came);
        return came.Task;
    }

    internal void RequestStop() => _loop.Schedule(static state => ((RunningBus)state!).Stop(), this);

    /// <summary>Reads the configuration again.</summary>
    /// <returns>Completes once it is in force, or refused.</returns>
    internal Task ReloadAsync()
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Schedule(_ => _bus.Reloader.Request(done.SetResult), null);
        return Task.WhenAny(done.Task, Stopped);
    }

    public void Dispose()
    {
        if (_thread.IsAlive)
        {
            RequestStop();
            _thread.Join();
        }

        CloseListeners();
        _watch.Dispose();
        _journal?.Dispose();
        _io.Dispose();
        _loop.Dispose();
        _blocks.Dispose();
    }

    private static void RunOnPool(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static state => state(), work, preferLocal: false);

    private void Watch(BrokerOptions options)
    {
        if (_watch.Watch(WatchedNames.Of(options, Directory.Exists)))
        {
            _bus.Reloader.Request();
        }
    }

    private void Listen(ListeningSocket socket)
    {
        IReadOnlyList<IListener> listeners = Accept(socket);
        if (socket.Address is UnixListenAddress { Domain: not null })
        {
            _domainSockets.Add(socket, listeners);
        }
        else
        {
            _listeners.AddRange(listeners);
            _sockets.Add(socket);
        }

        _addresses.Add(socket.Address.ToString());
    }

    private IListener[] Accept(ListeningSocket socket)
    {
        IListener[] listeners = _terms.Serve(socket, _io, _bus.Acceptor);
        Array.ForEach(listeners, _bus.AddListener);
        return listeners;
    }

    private void Forget(IListener listener)
    {
        _terms.Forget(listener);
        _bus.RemoveListener(listener);
    }

    /// <summary>What the bus says it is to a client of a domain that is told this address; null: who it reaches, nobody can tell.</summary>
    private string? GuidOf(string address)
    {
        string[] guids = _transports.Addresses.TryParse(address, out IReadOnlyList<ListenAddress>? told, out _)
            ? [.. _sockets.Where(socket => socket.Address.IsReachedBy(told[0])).Select(socket => socket.Guid).Distinct()]
            : [];
        return guids is [string only] ? only : null;
    }

    private void Run()
    {
        Exception? failure = null;
        try
        {
            _loop.Run();
            JournalBatch rest = _bus.Shutdown();
            _ = _journal?.Write(rest);
        }
        catch (Exception e)
        {
            failure = e;
            Log.LoopFailed(_log, e);
        }

        CloseListeners();
        _stopped.SetResult(failure);
    }

    private void Stop()
    {
        CloseListeners();
        _loop.Stop();
    }

    private void CloseListeners()
    {
        foreach (IListener listener in _listeners)
        {
            listener.Dispose();
        }

        foreach (ListeningSocket socket in _sockets)
        {
            socket.RemoveFiles();
        }

        _domainSockets.CloseAll();

        _listeners.Clear();
        _sockets.Clear();
    }
}
