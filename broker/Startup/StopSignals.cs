using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>SIGTERM and SIGINT ask the broker to stop; SIGHUP, which asks dbus-daemon to reload, must not end it.</summary>
/// <remarks>Made before the bus, so that from the first socket on no signal can end the process without cleaning up.</remarks>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _log;
    private readonly PosixSignalRegistration[] _registrations;

    internal StopSignals(ILogger log)
    {
        _log = log;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Reload),
        ];
    }

    /// <summary>Cancelled by the first signal. Callbacks run on the thread pool.</summary>
    internal CancellationToken Requested => _stop.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        StartupLog.StopSignal(_log, context.Signal);
        _stop.Cancel();
    }

    private void Reload(PosixSignalContext context)
    {
        context.Cancel = true;
        StartupLog.NothingToReload(_log);
    }
}
