using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace XcpBroker.Startup;

/// <summary>What the process says about itself. Ids 1 to 99, of which LogQueue has 8; none is used twice.</summary>
internal static partial class StartupLog
{
    internal const string Category = "XcpBroker.Startup";

    [LoggerMessage(1, LogLevel.Information, "serving {Addresses}")]
    internal static partial void Serving(ILogger logger, string addresses);

    [LoggerMessage(2, LogLevel.Warning, "{Reason}: at most {Count} connections are possible")]
    internal static partial void FewOpenFiles(ILogger logger, string reason, ulong count);

    [LoggerMessage(3, LogLevel.Information, "stopping: {Signal}")]
    internal static partial void StopSignal(ILogger logger, PosixSignal signal);

    [LoggerMessage(4, LogLevel.Information, "SIGHUP: reading the configuration again")]
    internal static partial void ReloadSignal(ILogger logger);

    [LoggerMessage(5, LogLevel.Warning, "the service manager cannot be told '{State}': {Reason}")]
    internal static partial void NotNotified(ILogger logger, string state, string reason);

    [LoggerMessage(6, LogLevel.Warning, "{Count} log entries from the start were lost")]
    internal static partial void EarlyEntriesLost(ILogger logger, int count);

    [LoggerMessage(7, LogLevel.Warning, "{Problem}")]
    internal static partial void ConfigurationWarning(ILogger logger, XcpBroker.Config.ConfigProblem problem);
}
