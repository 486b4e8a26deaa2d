using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>The host's life seen from outside: it ends on a signal, and the service manager hears of start and end.</summary>
internal sealed class BrokerLifetime(
    IHostApplicationLifetime application,
    StopSignals signals,
    ServiceManager manager,
    ILogger<BrokerLifetime> log) : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _ = application.ApplicationStarted.Register(() => manager.Notify(ServiceState.Ready, log));
        _ = application.ApplicationStopping.Register(() => manager.Notify(ServiceState.Stopping, log));
        _ = signals.Requested.Register(application.StopApplication);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
