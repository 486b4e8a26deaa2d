using Microsoft.Extensions.Logging;

namespace XcpBroker.Journal;

/// <summary>What the journal of durable messages logs. Ids 1900 to 1949; none is used twice.</summary>
internal static partial class JournalLog
{
    [LoggerMessage(1900, LogLevel.Error, "the journal cannot be written, durable messages are refused until it can: {Reason}")]
    internal static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(1901, LogLevel.Information, "the journal can be written again")]
    internal static partial void Recovered(ILogger logger);

    [LoggerMessage(1902, LogLevel.Warning, "{File}: the last {Bytes} bytes were not written completely, and are cut off")]
    internal static partial void Torn(ILogger logger, string file, long bytes);

    [LoggerMessage(1903, LogLevel.Error, "{File}: {Bytes} bytes are damaged; what is whole is kept, the file is set apart as {File}.damaged")]
    internal static partial void Damaged(ILogger logger, string file, long bytes);

    [LoggerMessage(1904, LogLevel.Error, "the journal in {Directory} cannot be used, durable messages are refused: {Reason}")]
    internal static partial void Unusable(ILogger logger, string directory, string reason);

    [LoggerMessage(1905, LogLevel.Information, "the journal in {Directory} has {Count} messages that were not delivered")]
    internal static partial void Resumed(ILogger logger, string directory, int count);

    [LoggerMessage(1906, LogLevel.Warning, "{File}: {Reason}")]
    internal static partial void Leftover(ILogger logger, string file, string reason);
}
