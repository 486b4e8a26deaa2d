namespace XcpBroker.Config.Domains;

/// <summary>One limit of domains: its name in the configuration and in errors, and its place in <see cref="DomainLimits"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Maximum">The largest number that can be set.</param>
/// <param name="With">The limits with another number.</param>
public sealed record DomainLimitDescription(string Name, long Maximum, Func<DomainLimits, long, DomainLimits> With);

/// <summary>All limits of domains by name.</summary>
public static class DomainLimitTable
{
    private static readonly DomainLimitDescription[] All =
    [
        new("max_connections", int.MaxValue, (limits, value) => limits with { MaxConnections = (int)value }),
        new("max_names", int.MaxValue, (limits, value) => limits with { MaxNames = (int)value }),
        new("max_match_rules", int.MaxValue, (limits, value) => limits with { MaxMatchRules = (int)value }),
        new("max_bytes", LimitTable.MaxBytes, (limits, value) => limits with { MaxBytes = value }),
        new("max_replies", int.MaxValue, (limits, value) => limits with { MaxReplies = (int)value }),
        new("max_held_messages", int.MaxValue, (limits, value) => limits with { MaxHeldMessages = (int)value }),
        new("max_messages_per_second", int.MaxValue, (limits, value) => limits with { MaxMessagesPerSecond = (int)value }),
    ];

    /// <summary>The names, in the order of the documentation.</summary>
    public static IEnumerable<string> Names => All.Select(limit => limit.Name);

    /// <summary>The limit of that name, or null.</summary>
    public static DomainLimitDescription? Find(string name) => All.FirstOrDefault(limit => limit.Name == name);
}
