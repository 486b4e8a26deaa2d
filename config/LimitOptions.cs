namespace XcpBroker.Config;

/// <summary>How much of each thing peers may use. Names and meaning are dbus-daemon's (dbus-daemon(1), <c>&lt;limit&gt;</c>).</summary>
/// <remarks>
/// A queue that is not yet over its limit of bytes takes one more message of any legal size, as in dbus-daemon. The defaults of a new value
/// are <see cref="DefaultLimits.Embedded"/>; each property's remarks give that value's origin, docs/configuration.md all three sets.
/// </remarks>
public sealed record LimitOptions
{
    /// <summary>max_incoming_bytes: bytes received from one connection and not yet routed; above it, that socket is not read.</summary>
    /// <remarks>8 MiB: as <see cref="MaxOutgoingBytes"/>, so that what one connection holds is the same in both directions.</remarks>
    public long MaxIncomingBytes { get; init; } = 8L << 20;

    /// <summary>max_incoming_unix_fds: descriptors received from one connection and not yet routed.</summary>
    /// <remarks>64: dbus-daemon's for the system bus.</remarks>
    public int MaxIncomingUnixFds { get; init; } = 64;

    /// <summary>max_outgoing_bytes: bytes queued for one connection.</summary>
    /// <remarks>8 MiB: dbus-broker's (src/launch/launcher.c); dbus-daemon's 127 MiB let one reader that stopped hold half of the memory there is.</remarks>
    public long MaxOutgoingBytes { get; init; } = 8L << 20;

    /// <summary>max_outgoing_unix_fds: descriptors queued for one connection.</summary>
    /// <remarks>64: dbus-daemon's for the system bus.</remarks>
    public int MaxOutgoingUnixFds { get; init; } = 64;

    /// <summary>max_message_size: bytes of one message; who sends a larger one is disconnected. The protocol's own 128 MiB hold besides.</summary>
    /// <remarks>32 MiB: dbus-daemon's for the system bus.</remarks>
    public long MaxMessageSize { get; init; } = 32L << 20;

    /// <summary>max_message_unix_fds: descriptors of one message; who sends more is disconnected.</summary>
    /// <remarks>16: dbus-daemon's for both buses.</remarks>
    public int MaxMessageUnixFds { get; init; } = 16;

    /// <summary>service_start_timeout: from the start of a service until it owns its name.</summary>
    /// <remarks>25 s: dbus-daemon's for the system bus, and the time most clients wait for a reply.</remarks>
    public TimeSpan ServiceStartTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>auth_timeout: from accept until Hello.</summary>
    /// <remarks>30 s: dbus-daemon's for the system bus.</remarks>
    public TimeSpan AuthTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>pending_fd_timeout: how long descriptors may wait for the rest of their message.</summary>
    /// <remarks>150 s: dbus-daemon's for both buses.</remarks>
    public TimeSpan PendingFdTimeout { get; init; } = TimeSpan.FromSeconds(150);

    /// <summary>max_completed_connections: connections that have said Hello.</summary>
    /// <remarks>24,000: one user at its limit leaves 4,000 for the others.</remarks>
    public int MaxCompletedConnections { get; init; } = 24_000;

    /// <summary>max_incomplete_connections: connections that have not yet said Hello; beyond it the oldest of the user or domain that has most ends.</summary>
    /// <remarks>1,024: the services of a host that boots connect at once, and so many silent sockets must be kept open to hold up the others.</remarks>
    public int MaxIncompleteConnections { get; init; } = 1_024;

    /// <summary>max_connections_per_user: connections of one user that have said Hello.</summary>
    /// <remarks>20,000: all services of an XCP host's dom0, and what they start per domain, are one user.</remarks>
    public int MaxConnectionsPerUser { get; init; } = 20_000;

    /// <summary>max_pending_service_starts: services being started.</summary>
    /// <remarks>512: dbus-daemon's for the system bus.</remarks>
    public int MaxPendingServiceStarts { get; init; } = 512;

    /// <summary>max_names_per_connection: names owned or waited for by one connection, its unique name included.</summary>
    /// <remarks>512: dbus-daemon's for the system bus.</remarks>
    public int MaxNamesPerConnection { get; init; } = 512;

    /// <summary>max_match_rules_per_connection: match rules of one connection.</summary>
    /// <remarks>50,000: dbus-daemon's for session buses; a toolstack watches one object per VM, and rules are indexed.</remarks>
    public int MaxMatchRulesPerConnection { get; init; } = 50_000;

    /// <summary>max_replies_per_connection: method calls of one connection that have no reply yet.</summary>
    /// <remarks>50,000: dbus-daemon's for session buses; a toolstack has a call under way per VM operation.</remarks>
    public int MaxRepliesPerConnection { get; init; } = 50_000;

    /// <summary>reply_timeout: how long a method call may wait for its reply before it is answered with NoReply; null: for ever.</summary>
    /// <remarks>For ever: dbus-daemon's for both buses; clients have their own timeouts.</remarks>
    public TimeSpan? ReplyTimeout { get; init; }

    /// <summary>unresponsive_timeout: how long a peer on another machine may leave a Ping of the bus unanswered before it is disconnected; null: for ever.</summary>
    /// <remarks>For ever: a service that is busy for minutes is not dead. Not one of dbus-daemon's limits.</remarks>
    public TimeSpan? UnresponsiveTimeout { get; init; }

    /// <summary>max_total_bytes: bytes of messages held for all connections together, shared out per user and per domain.</summary>
    /// <remarks>256 MiB: not one of dbus-daemon's limits; it bounds the memory as a whole.</remarks>
    public long MaxTotalBytes { get; init; } = 256L << 20;

    /// <summary>max_journal_bytes: durable messages that were not delivered yet, shared out per user and per sender.</summary>
    /// <remarks>64 MiB: not one of dbus-daemon's limits; the file system of a dom0 is small, and each of them is in memory too.</remarks>
    public long MaxJournalBytes { get; init; } = 64L << 20;
}
