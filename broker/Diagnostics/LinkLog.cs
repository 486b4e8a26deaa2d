using Microsoft.Extensions.Logging;

namespace XcpBroker.Diagnostics;

/// <summary>What is said of links to other machines. Ids 2100 to 2199; none is used twice.</summary>
internal static partial class LinkLog
{
    [LoggerMessage(2100, LogLevel.Warning, "vsock: CID {Cid} is no guest of this machine: refused")]
    internal static partial void CidRefused(ILogger logger, uint? cid);

    [LoggerMessage(2101, LogLevel.Warning, "vsock: CID {Cid} was refused {Count} times")]
    internal static partial void CidRefusedOften(ILogger logger, uint cid, long count);
}
