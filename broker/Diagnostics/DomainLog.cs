using Microsoft.Extensions.Logging;
using XcpBroker.Connections;

namespace XcpBroker.Diagnostics;

/// <summary>Lines about domains. Ids are never used twice; the next free one is 2006.</summary>
internal static partial class DomainLog
{
    [LoggerMessage(2000, LogLevel.Warning, "domain {Domain} sends more than max_messages_per_second ({Limit}): its connections are read more slowly")]
    internal static partial void Paced(ILogger log, string domain, int limit);

    [LoggerMessage(2001, LogLevel.Information, "domain {Domain} was read more slowly {Count} times")]
    internal static partial void PacedOften(ILogger log, string domain, long count);

    [LoggerMessage(2002, LogLevel.Information, "{Count} connections of domain {Domain} ended by the bus: {Reason}")]
    internal static partial void DisconnectedOften(ILogger log, long count, string domain, CloseReason reason);

    [LoggerMessage(2003, LogLevel.Error, "cannot listen for domain {Domain}: {Problem}")]
    internal static partial void CannotListen(ILogger log, string domain, string problem);

    [LoggerMessage(2004, LogLevel.Information, "domain {Domain} added by {Caller}")]
    internal static partial void Added(ILogger log, string domain, Connection caller);

    [LoggerMessage(2005, LogLevel.Information, "domain {Domain} removed by {Caller}: its connections end")]
    internal static partial void Removed(ILogger log, string domain, Connection caller);
}
