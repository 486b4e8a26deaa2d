using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>What a service manager told us about itself in the environment: sd_notify(3), sd_watchdog_enabled(3).</summary>
/// <param name="Notifier">Writes to $NOTIFY_SOCKET; null when there is none.</param>
/// <param name="WatchdogInterval">Without a sign of life for so long it restarts us; null when it does not watch.</param>
/// <remarks>
/// AddSystemd() would ask whether systemd is our parent, and be silent under other supervisors that speak the protocol; and it brings the
/// console logger.
/// </remarks>
internal sealed record ServiceManager(ISystemdNotifier? Notifier, TimeSpan? WatchdogInterval)
{
    /// <summary>Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID.</summary>
    internal static ServiceManager FromEnvironment()
    {
        string? socket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        return string.IsNullOrEmpty(socket)
            ? new ServiceManager(null, null)
            : new ServiceManager(
                new SystemdNotifier(),
                ReadInterval(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId));
    }

    /// <summary>Null when nobody watches, or another process is meant.</summary>
    internal static TimeSpan? ReadInterval(string? microseconds, string? watchedProcess, int ownProcess)
    {
        bool isOurs = string.IsNullOrEmpty(watchedProcess) || watchedProcess == ownProcess.ToString(CultureInfo.InvariantCulture);
        return isOurs && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long interval)
            && interval is > 0 and < long.MaxValue / TimeSpan.TicksPerMicrosecond
            ? TimeSpan.FromMicroseconds(interval)
            : null;
    }

    /// <summary>Tells the state, if somebody wants to know; that it cannot be told is only logged.</summary>
    internal void Notify(ServiceState state, ILogger log)
    {
        try
        {
            Notifier?.Notify(state);
        }
        catch (SocketException e)
        {
            StartupLog.NotNotified(log, state.ToString(), e.SocketErrorCode.ToString());
        }
    }
}
