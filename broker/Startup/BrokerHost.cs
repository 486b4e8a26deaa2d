using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
            .AddSingleton(signals)
            .AddSingleton(manager)
            .AddSingleton(bus)
            .AddSingleton<BrokerService>()
            .AddSingleton<IHostLifetime, BrokerLifetime>()
            .AddHostedService(services => services.GetRequiredService<BrokerService>());
        if (manager.WatchdogInterval is not null)
        {
            _ = builder.Services.AddHostedService(services =>
                new Watchdog(bus.Ping, manager, TimeProvider.System, services.GetRequiredService<ILogger<Watchdog>>()));
        }

        using IHost host = builder.Build();
        await host.RunAsync().ConfigureAwait(false);
        return await bus.Stopped.ConfigureAwait(false);
    }
}
