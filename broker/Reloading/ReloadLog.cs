using Microsoft.Extensions.Logging;
using XcpBroker.Config;

namespace XcpBroker.Reloading;

/// <summary>What is said of reloads. Ids 1300 to 1399; none is used twice.</summary>
internal static partial class ReloadLog
{
    [LoggerMessage(1300, LogLevel.Information, "{File}: read again, and in force")]
    internal static partial void Reloaded(ILogger logger, string file);

    [LoggerMessage(1301, LogLevel.Error, "the configuration stays as it is: {Problem}")]
    internal static partial void Refused(ILogger logger, string problem);

    [LoggerMessage(1302, LogLevel.Warning, "{Elements}: changed, but in force only after a restart")]
    internal static partial void WaitsForRestart(ILogger logger, string elements);

    [LoggerMessage(1303, LogLevel.Warning, "{Problem}")]
    internal static partial void Warning(ILogger logger, ConfigProblem problem);

    [LoggerMessage(1304, LogLevel.Warning, "changes of {Path} are not noticed ({Error}): reload by SIGHUP or ReloadConfig")]
    internal static partial void NotWatched(ILogger logger, string path, string error);
}
