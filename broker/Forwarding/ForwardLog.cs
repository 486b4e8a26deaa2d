using Microsoft.Extensions.Logging;

namespace XcpBroker.Forwarding;

/// <summary>What a forwarder says. Ids 2150 to 2169; none is used twice.</summary>
internal static partial class ForwardLog
{
    internal const string Category = "XcpBroker.Forwarding";

    [LoggerMessage(2150, LogLevel.Information, "forwarding {Listen} to {Bus}")]
    internal static partial void Serving(ILogger logger, string listen, string bus);

    [LoggerMessage(2155, LogLevel.Information, "the bus is at {Address} ({Source})")]
    internal static partial void BusIs(ILogger logger, string address, string source);

    [LoggerMessage(2151, LogLevel.Warning, "the bus cannot be used: {Problem}; clients wait for it")]
    internal static partial void BusLost(ILogger logger, string problem);

    [LoggerMessage(2152, LogLevel.Information, "the bus can be used again")]
    internal static partial void BusFound(ILogger logger);

    [LoggerMessage(2153, LogLevel.Warning, "uid {User} may not use this forwarder (--allow-uid); more of it are not logged")]
    internal static partial void UserRefused(ILogger logger, uint? user);

    [LoggerMessage(2154, LogLevel.Warning, "accept failed: {Error}; trying again each second and whenever a client leaves")]
    internal static partial void AcceptFailed(ILogger logger, string error);
}
