using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>The bus as a hosted service: it runs before the host does, and the host ends with it.</summary>
internal sealed class BrokerService(RunningBus bus, IHostApplicationLifetime application, ILogger<BrokerService> log) : IHostedService
{
    /// <summary>Why the bus ended; null while it runs, and after a stop that was asked for.</summary>
    internal Exception? Failure { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = EndWithBusAsync();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        bus.RequestStop();
        return bus.Stopped;
    }

    private async Task EndWithBusAsync()
    {
        Failure = await bus.Stopped.ConfigureAwait(false);
        if (Failure is not null)
        {
            StartupLog.BusFailed(log, Failure);
        }

        application.StopApplication();
    }
}
