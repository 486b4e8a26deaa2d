namespace XcpBroker.Config.Domains;

/// <summary>What all connections of one domain may use together, besides what each connection may.</summary>
/// <remarks>All defaults are ours: no other broker knows domains. They let a driver domain's handful of services do what services do.</remarks>
public sealed record DomainLimits
{
    /// <summary>max_connections: connections, also such that have yet to say Hello.</summary>
    /// <remarks>256: a domain is one host's worth of services, of which a large one has some dozens.</remarks>
    public int MaxConnections { get; init; } = 256;

    /// <summary>max_names: well-known names owned or waited for.</summary>
    /// <remarks>512: what dbus-daemon gives one connection of the system bus.</remarks>
    public int MaxNames { get; init; } = 512;

    /// <summary>max_match_rules: match rules.</summary>
    /// <remarks>4,096: eight for each name.</remarks>
    public int MaxMatchRules { get; init; } = 4_096;

    /// <summary>max_bytes: bytes of messages held at the domain's expense.</summary>
    /// <remarks>32 MiB: an eighth of max_total_bytes.</remarks>
    public long MaxBytes { get; init; } = 32L << 20;

    /// <summary>max_replies: calls that have no reply yet.</summary>
    /// <remarks>4,096.</remarks>
    public int MaxReplies { get; init; } = 4_096;

    /// <summary>max_held_messages: messages that wait for an absent receiver.</summary>
    /// <remarks>1,024.</remarks>
    public int MaxHeldMessages { get; init; } = 1_024;

    /// <summary>max_messages_per_second: what comes faster is read later; 0: as fast as it comes.</summary>
    /// <remarks>20,000: a tenth of what the bus can route, so that ten domains that flood it leave room for dom0.</remarks>
    public int MaxMessagesPerSecond { get; init; } = 20_000;
}
