using Microsoft.Extensions.Logging;

namespace XcpBroker.Diagnostics;

/// <summary>What is said about how peers authenticate. Ids 1800 to 1899; none is used twice.</summary>
internal static partial class AuthenticationLog
{
    [LoggerMessage(1800, LogLevel.Warning, "DBUS_COOKIE_SHA1 rejects everybody, the keyring cannot be used: {Problem}")]
    internal static partial void KeyringFailed(ILogger logger, string problem);

    [LoggerMessage(1801, LogLevel.Information, "the keyring can be used again")]
    internal static partial void KeyringWorks(ILogger logger);
}
