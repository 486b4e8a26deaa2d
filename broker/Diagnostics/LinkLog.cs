using Microsoft.Extensions.Logging;
using XcpBroker.Auth;
using XcpBroker.Connections;

namespace XcpBroker.Diagnostics;

/// <summary>What is said of links to other machines. Ids 2100 to 2199; none is used twice.</summary>
internal static partial class LinkLog
{
    [LoggerMessage(2100, LogLevel.Warning, "{Address} is no guest of this machine: refused")]
    internal static partial void PeerRefused(ILogger logger, PeerAddress address);

    [LoggerMessage(2101, LogLevel.Warning, "{Address} was refused {Count} times")]
    internal static partial void PeerRefusedOften(ILogger logger, string address, long count);

    [LoggerMessage(2110, LogLevel.Warning, "{Connection} has not answered a Ping for {Seconds:0} s; it stays, unless unresponsive_timeout is set")]
    internal static partial void Unresponsive(ILogger logger, Connection connection, double seconds);

    [LoggerMessage(2111, LogLevel.Information, "{Connection} speaks again")]
    internal static partial void Responds(ILogger logger, Connection connection);

    [LoggerMessage(2120, LogLevel.Warning, "XCP_TOKEN: a wrong proof of {Domain}; more of them are answered slowly")]
    internal static partial void WrongProof(ILogger logger, string domain);

    [LoggerMessage(2121, LogLevel.Warning, "XCP_TOKEN: {Count} wrong proofs of {Domain}")]
    internal static partial void WrongProofs(ILogger logger, long count, string domain);
}
