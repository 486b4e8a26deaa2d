using Microsoft.Extensions.Logging;

namespace XcpBroker.Buffering;

/// <summary>What the bus logs about messages that wait for absent peers. Ids 1700 to 1799; none is used twice.</summary>
internal static partial class BufferLog
{
    [LoggerMessage(1700, LogLevel.Warning, "the buffer of {Name} is full for {Sender}: {Count} messages of {Bytes} bytes wait")]
    internal static partial void Full(ILogger logger, string name, string sender, int count, long bytes);

    [LoggerMessage(1701, LogLevel.Information, "{Name} is owned: {Count} messages that waited go to {Owner}")]
    internal static partial void Delivered(ILogger logger, string name, int count, string owner);

    [LoggerMessage(1702, LogLevel.Information, "{Owner} is gone: {Count} messages to {Name} that it had not been sent wait again")]
    internal static partial void Returned(ILogger logger, string owner, int count, string name);

    [LoggerMessage(1703, LogLevel.Warning, "{Count} messages that waited for {Name} were purged by {Caller}")]
    internal static partial void Purged(ILogger logger, int count, string name, string caller);

    [LoggerMessage(1705, LogLevel.Warning, "{Owner} is gone, and may not have read {Count} messages to {Name} that want no answer: they may be lost")]
    internal static partial void PossiblyLost(ILogger logger, string owner, long count, string name);

    [LoggerMessage(1706, LogLevel.Warning, "{Owner} is gone before it was sent {Count} messages to {Name} that want no answer, and their senders are gone too: they are lost")]
    internal static partial void LostUnsent(ILogger logger, string owner, int count, string name);

    [LoggerMessage(1704, LogLevel.Warning, "{Sender} has messages waiting for as many names below {Prefix} as it may: all may have {Count}")]
    internal static partial void NamesFull(ILogger logger, string prefix, string sender, int count);

    [LoggerMessage(1707, LogLevel.Warning, "nobody has come to own {Name} within {Seconds} s: calls to it time out, the first one is {Member} of {Sender}")]
    internal static partial void TimedOut(ILogger logger, string name, double seconds, string member, string sender);

    [LoggerMessage(1708, LogLevel.Warning, "{Count} calls to {Name} have timed out")]
    internal static partial void TimedOutOften(ILogger logger, long count, string name);
}
