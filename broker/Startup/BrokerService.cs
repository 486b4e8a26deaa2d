using Microsoft.Extensions.Hosting;

namespace XcpBroker.Startup;

/// <summary>The bus as a hosted service: it serves before the host is built, and has stopped when the host has.</summary>
internal sealed class BrokerService(RunningBus bus) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        bus.RequestStop();
        return bus.Stopped;
    }
}
