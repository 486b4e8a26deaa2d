using System.Globalization;
using Microsoft.Extensions.Logging;
using XcpBroker.Config;
using XcpBroker.Diagnostics;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Reloading;
using XcpBroker.Spawning;
using XcpBroker.Transport;

namespace XcpBroker.Startup;

/// <summary>From options to exit status: the bus first, the host around it afterwards.</summary>
internal static class BrokerProcess
{
    private const uint DetachedUmask = 0x12; // 022

    /// <summary>Runs a bus until it is told to stop.</summary>
    /// <param name="options">As on the command line.</param>
    /// <param name="source">Where they come from, for a reload.</param>
    /// <param name="readyDescriptor">Where a detached child says that it serves; null in the foreground.</param>
    /// <exception cref="StartException">It cannot start.</exception>
    internal static int Run(BrokerOptions options, ConfigurationSource source, int? readyDescriptor)
    {
        using DeferredLoggerFactory deferred = new();
        ILogger log = deferred.CreateLogger(StartupLog.Category);
        using StopSignals signals = new(log);
        OpenFileLimit openFiles = OpenFileLimit.Read();
        RaiseOpenFileLimit(openFiles, log);
        foreach (ConfigProblem warning in options.Configuration?.Warnings ?? [])
        {
            StartupLog.ConfigurationWarning(log, warning);
        }

        BrokerOptions complete = Complete(options);
        PidFile.RefuseExisting(complete.PidFile);
        IReadOnlyList<ListeningSocket> sockets = ListeningSockets.Open(complete, Transports.Known, deferred.CreateLogger(RunningBus.LogCategory));
        using PidFile? pidFile = OrClose(sockets, () => PidFile.Create(complete.PidFile));
        if (readyDescriptor is not null && !complete.KeepUmask)
        {
            _ = LibC.SetFileModeMask(DetachedUmask);
        }

        uint epoch = OrClose(sockets, () => StateDirectory.NextEpoch(complete.StateDirectory));

        // The last thing that is done as root, if the bus is not to be: what peers send is read by none but that user.
        using ServiceProcesses services = OrClose(
            sockets, () => ServiceProcesses.Prepare(complete, sockets, openFiles, deferred.CreateLogger(SpawnLog.Category)));
        OrClose(sockets, () => ListeningSockets.WriteNonces(sockets));
        HeapGrowth.Watch();
        using RunningBus bus = RunningBus.Start(new BusStart(complete, source, sockets, services, epoch), deferred);
        using CancellationTokenRegistration stop = signals.Requested.Register(bus.RequestStop);
        Announce(complete, bus.Addresses);
        StartupLog.Serving(log, string.Join(';', bus.Addresses));
        if (readyDescriptor is { } ready)
        {
            Descriptors.DetachStandardStreams();
            DetachedStart.Complete(ready);
        }

        using ILoggerFactory logging = LogSetup.Create(complete.Syslog);
        if (deferred.Attach(logging) is > 0 and int lost)
        {
            StartupLog.EarlyEntriesLost(log, lost);
        }

        return BrokerHost.RunAsync(bus, signals, logging).GetAwaiter().GetResult() is null ? 0 : 1;
    }

    private static void OrClose(IReadOnlyList<ListeningSocket> sockets, Action step) => _ = OrClose(sockets, () =>
    {
        step();
        return true;
    });

    private static T OrClose<T>(IReadOnlyList<ListeningSocket> sockets, Func<T> step)
    {
        try
        {
            return step();
        }
        catch
        {
            ListeningSockets.Close(sockets);
            throw;
        }
    }

    private static void RaiseOpenFileLimit(OpenFileLimit limit, ILogger log)
    {
        if (limit.Raise() is { } refusal)
        {
            StartupLog.FewOpenFiles(log, refusal, limit.Soft);
        }
    }

    /// <summary>Without an address: the default one, which is printed, since nobody can know it.</summary>
    private static BrokerOptions Complete(BrokerOptions options)
    {
        if (options.Addresses.Count > 0)
        {
            return options;
        }

        bool isRoot = Environment.IsPrivilegedProcess;
        UnixListenAddress address = DefaultAddress.Choose(isRoot, options.Surroundings.RuntimeDirectory);
        DefaultAddress.CreateDirectory(address, isRoot);
        return options with
        {
            Addresses = [address],
            PrintAddressDescriptor = options.PrintAddressDescriptor ?? Descriptors.StandardOutput,
        };
    }

    /// <summary>Addresses, then process id, as dbus-daemon: each in one write, after which the descriptor is closed.</summary>
    private static void Announce(BrokerOptions options, IReadOnlyList<string> addresses)
    {
        if (options.PrintAddressDescriptor is { } addressDescriptor)
        {
            Descriptors.Write(addressDescriptor, $"{string.Join(';', addresses)}\n");
        }

        if (options.PrintPidDescriptor is { } pidDescriptor)
        {
            Descriptors.Write(pidDescriptor, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
            Descriptors.CloseUnlessStandard(pidDescriptor);
        }

        if (options.PrintAddressDescriptor is { } printed && printed != options.PrintPidDescriptor)
        {
            Descriptors.CloseUnlessStandard(printed);
        }
    }
}
