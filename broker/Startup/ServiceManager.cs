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

    /// <summary>
    /// Tells that the configuration is read again; <see cref="ServiceState.Ready"/> tells that it is in force, or that the old one stays.
    /// systemd needs both from a service of Type=notify-reload.
    /// </summary>
    /// <param name="time">Of the process: systemd compares with CLOCK_MONOTONIC, which is what the system's provider counts.</param>
    /// <param name="log">Where it is noted that it cannot be told.</param>
    internal void NotifyReloading(TimeProvider time, ILogger log)
    {
        long microseconds = (long)(time.GetTimestamp() * (1e6 / time.TimestampFrequency));
        Notify(new ServiceState(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={microseconds}")), log);
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
