using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace XcpBroker.Config;

/// <summary>What a limit's number counts.</summary>
public enum LimitUnit
{
    /// <summary>Things.</summary>
    Count,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>Milliseconds.</summary>
    Milliseconds,
}

/// <summary>One limit: its name in configuration and errors, and its place in <see cref="LimitOptions"/>.</summary>
/// <param name="Name">dbus-daemon's name.</param>
/// <param name="Property">The property of <see cref="LimitOptions"/>.</param>
/// <param name="Unit">What <paramref name="Get"/> and <paramref name="With"/> count.</param>
/// <param name="Get">The number; null: no limit.</param>
/// <param name="With">The options with another number.</param>
public sealed record LimitDescription(
    string Name,
    string Property,
    LimitUnit Unit,
    Func<LimitOptions, long?> Get,
    Func<LimitOptions, long, LimitOptions> With)
{
    /// <summary>The largest number that can be set.</summary>
    public long Maximum => Unit == LimitUnit.Bytes ? LimitTable.MaxBytes : int.MaxValue;
}

/// <summary>All limits by name.</summary>
public static class LimitTable
{
    /// <summary>1 PiB: larger than any memory, small enough that sums of many stay in a long.</summary>
    public const long MaxBytes = 1L << 50;

    /// <summary>The limits in the order of dbus-daemon(1); ours at the end.</summary>
    public static IReadOnlyList<LimitDescription> All { get; } =
    [
        Bytes("max_incoming_bytes", nameof(LimitOptions.MaxIncomingBytes), o => o.MaxIncomingBytes, (o, v) => o with { MaxIncomingBytes = v }),
        Count("max_incoming_unix_fds", nameof(LimitOptions.MaxIncomingUnixFds), o => o.MaxIncomingUnixFds, (o, v) => o with { MaxIncomingUnixFds = v }),
        Bytes("max_outgoing_bytes", nameof(LimitOptions.MaxOutgoingBytes), o => o.MaxOutgoingBytes, (o, v) => o with { MaxOutgoingBytes = v }),
        Count("max_outgoing_unix_fds", nameof(LimitOptions.MaxOutgoingUnixFds), o => o.MaxOutgoingUnixFds, (o, v) => o with { MaxOutgoingUnixFds = v }),
        Bytes("max_message_size", nameof(LimitOptions.MaxMessageSize), o => o.MaxMessageSize, (o, v) => o with { MaxMessageSize = v }),
        Count("max_message_unix_fds", nameof(LimitOptions.MaxMessageUnixFds), o => o.MaxMessageUnixFds, (o, v) => o with { MaxMessageUnixFds = v }),
        Time("service_start_timeout", nameof(LimitOptions.ServiceStartTimeout), o => o.ServiceStartTimeout, (o, v) => o with { ServiceStartTimeout = v }),
        Time("auth_timeout", nameof(LimitOptions.AuthTimeout), o => o.AuthTimeout, (o, v) => o with { AuthTimeout = v }),
        Time("pending_fd_timeout", nameof(LimitOptions.PendingFdTimeout), o => o.PendingFdTimeout, (o, v) => o with { PendingFdTimeout = v }),
        Count(
            "max_completed_connections",
            nameof(LimitOptions.MaxCompletedConnections),
            o => o.MaxCompletedConnections,
            (o, v) => o with { MaxCompletedConnections = v }),
        Count(
            "max_incomplete_connections",
            nameof(LimitOptions.MaxIncompleteConnections),
            o => o.MaxIncompleteConnections,
            (o, v) => o with { MaxIncompleteConnections = v }),
        Count(
            "max_connections_per_user",
            nameof(LimitOptions.MaxConnectionsPerUser),
            o => o.MaxConnectionsPerUser,
            (o, v) => o with { MaxConnectionsPerUser = v }),
        Count(
            "max_pending_service_starts",
            nameof(LimitOptions.MaxPendingServiceStarts),
            o => o.MaxPendingServiceStarts,
            (o, v) => o with { MaxPendingServiceStarts = v }),
        Count(
            "max_names_per_connection",
            nameof(LimitOptions.MaxNamesPerConnection),
            o => o.MaxNamesPerConnection,
            (o, v) => o with { MaxNamesPerConnection = v }),
        Count(
            "max_match_rules_per_connection",
            nameof(LimitOptions.MaxMatchRulesPerConnection),
            o => o.MaxMatchRulesPerConnection,
            (o, v) => o with { MaxMatchRulesPerConnection = v }),
        Count(
            "max_replies_per_connection",
            nameof(LimitOptions.MaxRepliesPerConnection),
            o => o.MaxRepliesPerConnection,
            (o, v) => o with { MaxRepliesPerConnection = v }),
        Time("reply_timeout", nameof(LimitOptions.ReplyTimeout), o => o.ReplyTimeout, (o, v) => o with { ReplyTimeout = v }),
        Time(
            "unresponsive_timeout",
            nameof(LimitOptions.UnresponsiveTimeout),
            o => o.UnresponsiveTimeout,
            (o, v) => o with { UnresponsiveTimeout = v }),
        Bytes("max_total_bytes", nameof(LimitOptions.MaxTotalBytes), o => o.MaxTotalBytes, (o, v) => o with { MaxTotalBytes = v }),
        Bytes("max_journal_bytes", nameof(LimitOptions.MaxJournalBytes), o => o.MaxJournalBytes, (o, v) => o with { MaxJournalBytes = v }),
    ];

    /// <summary>The limit of that name, or null.</summary>
    public static LimitDescription? Find(string name) => All.FirstOrDefault(limit => limit.Name == name);

    /// <summary>Sets one limit by name.</summary>
    /// <param name="options">The limits as they are.</param>
    /// <param name="name">dbus-daemon's name of the limit.</param>
    /// <param name="value">A decimal number in the limit's unit: no sign, no suffix.</param>
    /// <param name="changed">The limits with this one set.</param>
    /// <param name="error">One line that names limit and value.</param>
    public static bool TrySet(
        LimitOptions options,
        string name,
        string value,
        [NotNullWhen(true)] out LimitOptions? changed,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        changed = null;
        if (Find(name) is not { } limit)
        {
            error = $"unknown limit '{name}' (known: {string.Join(", ", All.Select(known => known.Name))})";
            return false;
        }

        if (value.Length == 0 || !value.All(char.IsAsciiDigit))
        {
            error = $"limit {name}: '{value}' is not a number from 0 to {limit.Maximum}";
            return false;
        }

        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long number) || number > limit.Maximum)
        {
            error = $"limit {name}: {value} is too large, at most {limit.Maximum}";
            return false;
        }

        changed = limit.With(options, number);
        error = null;
        return true;
    }

    private static LimitDescription Bytes(string name, string property, Func<LimitOptions, long> get, Func<LimitOptions, long, LimitOptions> with) =>
        new(name, property, LimitUnit.Bytes, options => get(options) is var bytes and < MaxBytes ? bytes : null, with);

    private static LimitDescription Count(string name, string property, Func<LimitOptions, int> get, Func<LimitOptions, int, LimitOptions> with) =>
        new(name, property, LimitUnit.Count, options => get(options), (options, value) => with(options, (int)value));

    private static LimitDescription Time(
        string name,
        string property,
        Func<LimitOptions, TimeSpan?> get,
        Func<LimitOptions, TimeSpan, LimitOptions> with) => new(
            name,
            property,
            LimitUnit.Milliseconds,
            options => (long?)get(options)?.TotalMilliseconds,
            (options, value) => with(options, TimeSpan.FromMilliseconds(value)));
}
