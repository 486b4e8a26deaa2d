using Microsoft.Extensions.Logging;

namespace XcpBroker.Buffering;

/// <summary>What the bus logs about single durable messages. Ids 1950 to 1999; none is used twice.</summary>
internal static partial class DurableLog
{
    [LoggerMessage(1950, LogLevel.Warning, "messages to {Name} are not kept on disk, since they cannot be: {Reason}")]
    internal static partial void Refused(ILogger logger, string name, string reason);

    [LoggerMessage(1951, LogLevel.Error, "message {Sequence} of {Sender} to {Name} is set aside: {Reason}")]
    internal static partial void SetAside(ILogger logger, ulong sequence, string sender, string name, string reason);

    [LoggerMessage(1952, LogLevel.Warning, "{Count} messages to {Name} that were set aside were purged by {Caller}")]
    internal static partial void PurgedSetAside(ILogger logger, int count, string name, string caller);

    [LoggerMessage(1954, LogLevel.Information, "{Count} messages to {Name} that were set aside are tried again, as {Caller} wants")]
    internal static partial void Retried(ILogger logger, int count, string name, string caller);

    [LoggerMessage(1953, LogLevel.Information, "{Owner} is gone before it had {Count} durable messages to {Name}: they are delivered again")]
    internal static partial void TakenBack(ILogger logger, string owner, int count, string name);
}
