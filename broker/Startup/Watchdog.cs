using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>Tells the service manager that we live, each time <c>ping</c> has come back from the bus loop.</summary>
/// <remarks>Twice in an interval, as sd_watchdog_enabled(3) advises. A loop that hangs holds up the next ping, so nothing piles up.</remarks>
internal sealed class Watchdog(Func<Task> ping, ServiceManager manager, TimeSpan interval, TimeProvider time, ILogger<Watchdog> log)
    : BackgroundService
{
    private static readonly ServiceState Alive = new("WATCHDOG=1");

    private readonly PeriodicTimer _timer = new(interval / 2, time);

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            await ping().WaitAsync(stoppingToken).ConfigureAwait(false);
            manager.Notify(Alive, log);
        }
    }
}
