using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>The generic host around a bus that already serves.</summary>
internal static class BrokerHost
{
    /// <summary>Returns when the bus has stopped.</summary>
    /// <returns>Null, or why the bus failed.</returns>
    internal static async Task<Exception?> RunAsync(RunningBus bus, StopSignals signals, ILoggerFactory log)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings
        {
            ApplicationName = "xcp-broker",
            ContentRootPath = "/",
        });
        ServiceManager manager = ServiceManager.FromEnvironment();
        _ = builder.Services
            .AddSingleton(log)
            .AddSingleton(manager)
            .AddSingleton<IHostLifetime, BrokerLifetime>()
            .AddHostedService(_ => new BrokerService(bus));
        if (manager.WatchdogInterval is { } interval)
        {
            _ = builder.Services.AddHostedService(services =>
                new Watchdog(bus.Ping, manager, interval, TimeProvider.System, services.GetRequiredService<ILogger<Watchdog>>()));
        }

        using IHost host = builder.Build();
        await host.StartAsync().ConfigureAwait(false);
        ProgramPages.LetGo();
        ILogger reloadLog = log.CreateLogger(StartupLog.Category);
        signals.OnReload(() => _ = ReloadAsync(bus, manager, reloadLog));
        return await StopWithBusAsync(host, bus, signals).ConfigureAwait(false);
    }

    // As systemd.service(5) wants it of Type=notify-reload; others pass it over.
    private static async Task ReloadAsync(RunningBus bus, ServiceManager manager, ILogger log)
    {
        StartupLog.ReloadSignal(log);
        manager.NotifyReloading(TimeProvider.System, log);
        await bus.ReloadAsync().ConfigureAwait(false);
        manager.Notify(ServiceState.Ready, log);
    }

    // Only a host that has started may be told to stop: before, StartAsync would throw.
    private static async Task<Exception?> StopWithBusAsync(IHost host, RunningBus bus, StopSignals signals)
    {
        IHostApplicationLifetime application = host.Services.GetRequiredService<IHostApplicationLifetime>();
        using CancellationTokenRegistration stop = signals.Requested.Register(application.StopApplication);
        Task end = host.WaitForShutdownAsync();
        Exception? failure = await bus.Stopped.ConfigureAwait(false);
        application.StopApplication();
        await end.ConfigureAwait(false);
        return failure;
    }
}
