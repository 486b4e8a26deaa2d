using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Metrics;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Diagnostics;

/// <summary>Every line that the bus logs. Ids are never used twice; the next free ones are 1010 (connections), 1107 (losses) and 1206 (policy).</summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Debug, "{Connection} registered")]
    internal static partial void Registered(ILogger logger, Connection connection);

    [LoggerMessage(1001, LogLevel.Debug, "{Connection} disconnected: {Reason}")]
    internal static partial void Disconnected(ILogger logger, Connection connection, CloseReason reason);

    [LoggerMessage(1002, LogLevel.Warning, "{Connection} disconnected by the bus: {Reason}{Detail}")]
    internal static partial void DisconnectedByBus(ILogger logger, Connection connection, CloseReason reason, string detail);

    [LoggerMessage(1003, LogLevel.Warning, "accept failed: {Error}; trying again each second and whenever a connection closes")]
    internal static partial void AcceptFailed(ILogger logger, string error);

    [LoggerMessage(1004, LogLevel.Warning, "max_incomplete_connections ({Limit}) reached, and {Payer} has most of them: for each new one the oldest of whoever has most is ended")]
    internal static partial void TooManyIncomplete(ILogger logger, int limit, Payer payer);

    [LoggerMessage(1005, LogLevel.Critical, "the bus loop failed")]
    internal static partial void LoopFailed(ILogger logger, Exception exception);

    [LoggerMessage(1006, LogLevel.Warning, "cannot listen: {Problem}")]
    internal static partial void CannotListen(ILogger logger, string problem);

    [LoggerMessage(1007, LogLevel.Warning, "a socket was passed ('{Name}') that no address names: nobody serves it")]
    internal static partial void PassedSocketUnused(ILogger log, string name);

    [LoggerMessage(1100, LogLevel.Warning, "{Receiver} cannot take broadcasts ({Why}): they are lost for it until it reads")]
    internal static partial void LosingBroadcasts(ILogger logger, Connection receiver, DeliveryResult why);

    [LoggerMessage(1101, LogLevel.Warning, "{Receiver} lost {Count} broadcasts")]
    internal static partial void LostBroadcasts(ILogger logger, Connection receiver, uint count);

    [LoggerMessage(1102, LogLevel.Information, "{Sender}: message dropped ({Reason}): {Message}; more of its kind are counted only")]
    internal static partial void Dropping(ILogger logger, Connection sender, DropReason reason, string message);

    [LoggerMessage(1103, LogLevel.Information, "{Count} messages dropped ({Reason}) of uid {User}")]
    internal static partial void Dropped(ILogger logger, long count, DropReason reason, uint? user);

    [LoggerMessage(1104, LogLevel.Warning, "{Sender}: input paused until max_total_bytes ({Limit}) leaves room for its message of {Bytes} bytes")]
    internal static partial void InputPaused(ILogger logger, Connection sender, long limit, long bytes);

    [LoggerMessage(1105, LogLevel.Information, "{Sender}: input resumed")]
    internal static partial void InputResumed(ILogger logger, Connection sender);

    [LoggerMessage(1106, LogLevel.Warning, "{Sender}: left while its input was paused; its last message is lost")]
    internal static partial void InputLost(ILogger logger, Connection sender);

    [LoggerMessage(1200, LogLevel.Warning, "denied ({Act}): {Message} from {Sender} for {Receiver}: {Rule}")]
    internal static partial void MessageDenied(ILogger logger, string message, string sender, string receiver, DeniedAct act, string rule);

    [LoggerMessage(1201, LogLevel.Warning, "{Connection} may not own {Name}: {Rule}")]
    internal static partial void OwnDenied(ILogger logger, Connection connection, string name, string rule);

    [LoggerMessage(1202, LogLevel.Warning, "{Connection} may not connect: {Rule}")]
    internal static partial void ConnectDenied(ILogger logger, Connection connection, string rule);

    [LoggerMessage(1203, LogLevel.Information, "{Count} times {Act} of uid {User}: {Source}")]
    internal static partial void DeniedOften(ILogger logger, long count, DeniedAct act, uint? user, string source);

    [LoggerMessage(1204, LogLevel.Information, "{Sender} sends {Message} to {Receiver}: {Rule}")]
    internal static partial void SendLogged(ILogger logger, string sender, string message, string receiver, string rule);

    [LoggerMessage(1205, LogLevel.Warning, "{Connection} may not own {Name}: it is reserved to the domain {Domain}")]
    internal static partial void OwnReserved(ILogger log, Connection connection, string name, string domain);
}
