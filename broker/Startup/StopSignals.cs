using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>SIGTERM and SIGINT ask the broker to stop, SIGHUP to read its configuration again.</summary>
/// <remarks>Made before the bus, so that from the first socket on no signal can end the process without cleaning up.</remarks>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _log;
    private readonly PosixSignalRegistration[] _registrations;
    private Action? _reload;
    private int _isReloadDue;

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

    /// <summary>What SIGHUP does; one that came before is made up for. On the thread pool.</summary>
    internal void OnReload(Action reload)
    {
        _reload = reload;
        RunReload();
    }

    /// <summary>From now on they do nothing: one that comes behind the one that has ended the broker must not end it in another way.</summary>
    public void Dispose()
    {
        foreach (int signal in (ReadOnlySpan<int>)[LibC.SIGTERM, LibC.SIGINT, LibC.SIGHUP])
        {
            _ = LibC.Signal(signal, LibC.SIG_IGN);
        }

        // Disposed, also by their finalizers, they would give back what a signal does by default.
        Array.ForEach(_registrations, GC.SuppressFinalize);
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
        Interlocked.Exchange(ref _isReloadDue, 1);
        RunReload();
    }

    private void RunReload()
    {
        if (_reload is { } reload && Interlocked.Exchange(ref _isReloadDue, 0) == 1)
        {
            reload();
        }
    }
}
