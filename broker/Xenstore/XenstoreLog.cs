using Microsoft.Extensions.Logging;

namespace XcpBroker.Xenstore;

/// <summary>What is said of xenstore and of the domains in it. Ids 2200 to 2249; none is used twice.</summary>
internal static partial class XenstoreLog
{
    [LoggerMessage(2200, LogLevel.Warning, "xenstore cannot be used: {Problem}; domains are told nothing until it can, and their ends are not noticed")]
    internal static partial void Lost(ILogger logger, string problem);

    [LoggerMessage(2201, LogLevel.Information, "xenstore can be used again")]
    internal static partial void Found(ILogger logger);

    [LoggerMessage(2202, LogLevel.Information, "domain {Domain} runs as domid {Domid}, with UUID {Uuid}")]
    internal static partial void Booted(ILogger logger, string domain, uint domid, string uuid);

    [LoggerMessage(2203, LogLevel.Information, "domain {Domain}, domid {Domid}, is no more; {Count} connections of it end")]
    internal static partial void Ended(ILogger logger, string domain, uint domid, int count);

    [LoggerMessage(2204, LogLevel.Warning, "domain {Domain}, domid {Domid}, cannot be told of the bus in xenstore: {Problem}; this is tried again")]
    internal static partial void NotTold(ILogger logger, string domain, uint domid, string problem);
}
