namespace XcpBroker.Config;

/// <summary>The sets of limits that a bus begins with.</summary>
public static class DefaultLimits
{
    private const long NoTotal = LimitTable.MaxBytes;

    /// <summary>Without a configuration file: made for one host's toolstack, all of it one user.</summary>
    public static LimitOptions Embedded { get; } = new();

    /// <summary>With a configuration file that sets none: dbus-daemon's own (bus/config-parser.c, bus_config_parser_new; 1.14.10 and 1.16.2).</summary>
    public static LimitOptions DbusDaemonSystem { get; } = new()
    {
        MaxIncomingBytes = 127L << 20,
        MaxIncomingUnixFds = 64,
        MaxOutgoingBytes = 127L << 20,
        MaxOutgoingUnixFds = 64,
        MaxMessageSize = 32L << 20,
        MaxMessageUnixFds = 16,
        ServiceStartTimeout = TimeSpan.FromMilliseconds(25_000),
        AuthTimeout = TimeSpan.FromMilliseconds(30_000),
        PendingFdTimeout = TimeSpan.FromMilliseconds(150_000),
        MaxCompletedConnections = 2_048,
        MaxIncompleteConnections = 64,
        MaxConnectionsPerUser = 256,
        MaxPendingServiceStarts = 512,
        MaxNamesPerConnection = 512,
        MaxMatchRulesPerConnection = 512,
        MaxRepliesPerConnection = 128,
        ReplyTimeout = null,
        MaxTotalBytes = NoTotal,
    };

    /// <summary>What dbus-daemon's session.conf sets; the limits it leaves alone are <see cref="DbusDaemonSystem"/>'s.</summary>
    public static LimitOptions DbusDaemonSession { get; } = DbusDaemonSystem with
    {
        MaxIncomingBytes = 1_000_000_000,
        MaxIncomingUnixFds = 250_000_000,
        MaxOutgoingBytes = 1_000_000_000,
        MaxOutgoingUnixFds = 250_000_000,
        MaxMessageSize = 1_000_000_000,
        ServiceStartTimeout = TimeSpan.FromMilliseconds(120_000),
        AuthTimeout = TimeSpan.FromMilliseconds(240_000),
        PendingFdTimeout = TimeSpan.FromMilliseconds(150_000),
        MaxCompletedConnections = 100_000,
        MaxIncompleteConnections = 10_000,
        MaxConnectionsPerUser = 100_000,
        MaxPendingServiceStarts = 10_000,
        MaxNamesPerConnection = 50_000,
        MaxMatchRulesPerConnection = 50_000,
        MaxRepliesPerConnection = 50_000,
    };
}
