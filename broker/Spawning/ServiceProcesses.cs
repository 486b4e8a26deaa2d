using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Spawning.Helper;
using XcpBroker.Startup;
using XcpBroker.Transport;
using XcpBroker.Xenstore;

namespace XcpBroker.Spawning;

/// <summary>How this broker makes the processes of services: by itself, or by a root helper because it is about to give up root.</summary>
internal sealed class ServiceProcesses : IDisposable
{
    private readonly ProcessThread _thread = new();
    private readonly ChildSpawner _spawner;
    private readonly HelperProcess? _helper;
    private HelperStarter? _starter;
    private XenstoreThread? _xenstore;

    private ServiceProcesses(ChildSpawner spawner, HelperProcess? helper)
    {
        _spawner = spawner;
        _helper = helper;
    }

    /// <summary>
    /// With &lt;user&gt; and as root: starts the root helper and becomes that user. Otherwise nothing happens, but the user must exist, as
    /// with dbus-daemon. Everything that takes root and is not the helper's has been done before.
    /// </summary>
    /// <param name="options">What the broker is told.</param>
    /// <param name="sockets">Where it listens: what services are told, and what the helper removes at the end.</param>
    /// <param name="openFiles">RLIMIT_NOFILE as it was at the start.</param>
    /// <param name="log">Where it says what it did.</param>
    /// <exception cref="StartException">There is no such user, no helper, or something of root would be left.</exception>
    internal static ServiceProcesses Prepare(
        BrokerOptions options, IReadOnlyList<ListeningSocket> sockets, OpenFileLimit openFiles, ILogger log)
    {
        ChildSpawner spawner = new(OwnProgram.Read(), openFiles);
        if (options.User is not { } user)
        {
            return new ServiceProcesses(spawner, null);
        }

        int error = HostUsers.Find(user, out UserAccount? account);
        if (account is null)
        {
            throw new StartException(SpawnError.UnknownUser(user, error).Message);
        }

        if (LibC.GetEffectiveUserId() != 0 || account.UserId == 0)
        {
            return new ServiceProcesses(spawner, null);
        }

        HelperProcess helper = HelperProcess.Start(spawner, HelperOptions(options, sockets, account));
        ServiceProcesses processes = new(spawner, helper);
        try
        {
            StateDirectory.PrepareJournal(options.StateDirectory, account);
            DomainSocketDirectory.Give(sockets, account);
            PrivilegeDrop.To(account);
        }
        catch
        {
            processes.Dispose();
            throw;
        }

        SpawnLog.HelperStarted(log, account.Name, helper.Pid);
        return processes;
    }

    /// <summary>Whether a root helper makes them, with an environment that was settled at its start.</summary>
    internal bool HasHelper => _helper is not null;

    /// <summary>What the bus starts services with.</summary>
    /// <param name="bus">The bus loop.</param>
    /// <param name="log">Where services' output and ends are noted.</param>
    internal IServiceStarter CreateStarter(BusLoop bus, ILogger log)
    {
        if (_helper is null)
        {
            return new DirectStarter(bus, _thread, _spawner, LibC.GetEffectiveUserId(), log);
        }

        EpollBusLoop loop = _thread.Loop;
        loop.Schedule(_ => OutputReader.Start(loop, _helper.OutputDescriptor, "root helper", log), null);
        return _starter = new HelperStarter(bus, _thread, _helper.Socket, log);
    }

    /// <summary>What watches the bus's domains: the root helper, since xenstore is for root; without one, a thread of our own.</summary>
    /// <param name="bus">The bus loop.</param>
    /// <param name="events">Told there.</param>
    internal IDomainWatch WatchDomains(BusLoop bus, IDomainEvents events)
    {
        if (_starter is null)
        {
            return _xenstore = new XenstoreThread(XenstoreLocation.OfEnvironment(), TimeProvider.System, new EventsOnLoop(bus, events));
        }

        _starter.DomainEvents = events;
        return _starter;
    }

    public void Dispose()
    {
        _xenstore?.Dispose();
        _thread.Dispose();
        _helper?.End();
    }

    private static HelperOptions HelperOptions(BrokerOptions options, IReadOnlyList<ListeningSocket> sockets, UserAccount account)
    {
        List<string> removed = [.. sockets.Select(socket => socket.File).OfType<string>()];
        if (options.PidFile is { } pidFile)
        {
            removed.Add(pidFile);
        }

        Dictionary<string, string> environment = new()
        {
            ["DBUS_STARTER_ADDRESS"] = string.Join(';', sockets.Select(socket => socket.Address)),
        };
        if (options.BusType is { } type && (type is "system" or "session"))
        {
            environment["DBUS_STARTER_BUS_TYPE"] = type;
        }

        return new HelperOptions
        {
            BusAccount = account,
            ServiceDirectories = [.. options.ServiceDirectories.Select(directory => directory.Path)],
            Environment = environment,
            RemovedAtEnd = removed,
            SystemBus = ActivationSetup.SystemBus(options),
            DomainStarter = options.DomainStarter,
            XenstorePath = XenstoreLocation.OfEnvironment(),
        };
    }
}
