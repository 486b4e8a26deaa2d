using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>Tells the service manager of start and end. Signals are not its business: they are caught before there is a host.</summary>
internal sealed class BrokerLifetime(IHostApplicationLifetime application, ServiceManager manager, ILogger<BrokerLifetime> log) : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _ = application.ApplicationStarted.Register(() => manager.Notify(ServiceState.Ready, log));
        _ = application.ApplicationStopping.Register(() => manager.Notify(ServiceState.Stopping, log));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
