using Microsoft.Extensions.Logging;

namespace XcpBroker.Spawning;

/// <summary>What is logged of processes. Ids 1500 to 1599; none is used twice.</summary>
internal static partial class SpawnLog
{
    internal const string Category = "XcpBroker.Spawning";

    [LoggerMessage(1500, LogLevel.Information, "{Service}: {Line}")]
    internal static partial void Output(ILogger logger, string service, string line);

    [LoggerMessage(1501, LogLevel.Warning, "{Service} writes more than {Lines} lines in {Seconds} s: what is above that is lost")]
    internal static partial void LosingOutput(ILogger logger, string service, int lines, int seconds);

    [LoggerMessage(1502, LogLevel.Warning, "{Service}: {Count} lines of its output were lost")]
    internal static partial void LostOutput(ILogger logger, string service, long count);

    [LoggerMessage(1503, LogLevel.Warning, "{Service}: its output cannot be read: {Error}")]
    internal static partial void OutputNotRead(ILogger logger, string service, string error);

    [LoggerMessage(1504, LogLevel.Information, "{Service} started: process {Pid}")]
    internal static partial void Made(ILogger logger, string service, int pid);

    [LoggerMessage(1505, LogLevel.Warning, "{Service} cannot be started: {Error}")]
    internal static partial void StartFailed(ILogger logger, string service, string error);

    [LoggerMessage(1506, LogLevel.Information, "{Service} ended")]
    internal static partial void Ended(ILogger logger, string service);

    [LoggerMessage(1507, LogLevel.Warning, "{Service} ended with status {Status}")]
    internal static partial void EndedWithStatus(ILogger logger, string service, int status);

    [LoggerMessage(1508, LogLevel.Warning, "{Service} was ended by signal {Signal}")]
    internal static partial void EndedBySignal(ILogger logger, string service, int signal);

    [LoggerMessage(1510, LogLevel.Information, "running as {User}; process {Pid} stays root and starts services")]
    internal static partial void HelperStarted(ILogger logger, string user, int pid);

    [LoggerMessage(1511, LogLevel.Error, "the root helper answers no more: no service can be started until the broker is started again")]
    internal static partial void HelperLost(ILogger logger);

    [LoggerMessage(1513, LogLevel.Error, "process {Pid} is ended: its output cannot be read, since the broker has no descriptor free (RLIMIT_NOFILE)")]
    internal static partial void NoRoomForOutput(ILogger logger, int pid);

    [LoggerMessage(1512, LogLevel.Error, "the root helper sent what it must not: {What}")]
    internal static partial void HelperMisspoke(ILogger logger, string what);
}
