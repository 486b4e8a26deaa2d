using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Extensions.Logging;
using XcpBroker.Config;

namespace XcpBroker.Diagnostics;

/// <summary>Serilog as the process uses it: from Information on, to standard error or syslog, never to standard output.</summary>
internal static class LogSetup
{
    private const string StandardErrorLink = "/proc/self/fd/2";

    /// <summary>The factory owns the queue and its thread.</summary>
    internal static ILoggerFactory Create(SyslogMode syslog)
    {
        List<ILogTarget> targets = [];
        if (syslog != SyslogMode.Only)
        {
            bool isJournal = StandardErrorTarget.IsJournal(Environment.GetEnvironmentVariable("JOURNAL_STREAM"), new FileInfo(StandardErrorLink).LinkTarget);
            StandardErrorTarget stream = new(isJournal);
            targets.Add(isJournal ? new JournalTarget(JournalTarget.SocketPath, stream) : stream);
        }

        if (syslog != SyslogMode.None)
        {
            targets.Add(new SyslogTarget());
        }

        return new SerilogLoggerFactory(
            new LoggerConfiguration().MinimumLevel.Information().WriteTo.Sink(new LogQueue(targets)).CreateLogger(),
            dispose: true);
    }
}
