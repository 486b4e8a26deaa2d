using XcpBroker.Config;

namespace XcpBroker.Quotas;

/// <summary>The numbers of one <see cref="DomainQuota"/>. All are in its unit: bytes, or file descriptors.</summary>
internal sealed record QuotaLimits
{
    /// <summary>Shared by all; a limit above it is as good as none.</summary>
    internal const long Unlimited = 1L << 42;

    private const long SmallestOverdraft = 64 << 10;
    private const long SmallestReserve = 1 << 10; // the answer to Hello and what the bus says behind it
    private const long LargestReserve = 1 << 20;
    private const long GuaranteedBytes = 16 << 10;

    /// <summary>What all queues together may hold beyond each connection's <see cref="Guaranteed"/>.</summary>
    internal required long Total { get; init; }

    /// <summary>A connection whose queued calls and unicast signals have come to this much may queue no more.</summary>
    internal required long Sent { get; init; }

    /// <summary>A connection that has this much waiting in its queue at its own charge gets no more broadcasts.</summary>
    internal required long Received { get; init; }

    /// <summary>Replies and driver messages are taken until this much beyond <see cref="Received"/>, where the pool has room.</summary>
    internal required long Reserve { get; init; }

    /// <summary>Replies and driver messages for one connection that the pool has no room for are held outside it up to this much.</summary>
    internal required long Overdraft { get; init; }

    /// <summary>The first units of each connection, of each thing that it is charged for, that are not taken from the pool.</summary>
    internal required long Guaranteed { get; init; }

    /// <summary>How many accounts of one user have <see cref="Guaranteed"/>: open ones, and gone ones whose messages still wait.</summary>
    /// <remarks>Bounds what is held outside the pool, since a peer could leave some in a queue that nobody reads, reconnect, and go on.</remarks>
    internal required int GuaranteesPerUser { get; init; }

    /// <summary>The limits of queued bytes.</summary>
    /// <remarks>
    /// All queues together hold at most Total + accounts * (3 * Guaranteed + Overdraft).
    /// Reserve: an eighth of max_outgoing_bytes, between 1 KiB and 1 MiB. Overdraft: what max_total_bytes is per connection of a user, between 64 KiB and
    /// 1 MiB. Guaranteed: 16 KiB, so that ordinary messages never come to the pool. An empty queue takes a message also where
    /// max_outgoing_bytes is 0, as in dbus-daemon.
    /// </remarks>
    internal static QuotaLimits OfBytes(LimitOptions limits) => new()
    {
        Total = limits.MaxTotalBytes,
        Sent = Math.Max(1, limits.MaxOutgoingBytes),
        Received = Math.Max(1, limits.MaxOutgoingBytes),
        Reserve = Math.Clamp(limits.MaxOutgoingBytes / 8, SmallestReserve, LargestReserve),
        Overdraft = Math.Clamp(limits.MaxTotalBytes / Math.Max(1, limits.MaxConnectionsPerUser), SmallestOverdraft, LargestReserve),
        Guaranteed = GuaranteedBytes,
        GuaranteesPerUser = limits.MaxConnectionsPerUser,
    };

    /// <summary>The limits of the journal's bytes: nothing but shares of the whole.</summary>
    internal static QuotaLimits OfJournal(LimitOptions limits) => new()
    {
        Total = limits.MaxJournalBytes,
        Sent = Unlimited,
        Received = 0,
        Reserve = 0,
        Overdraft = 0,
        Guaranteed = 0,
        GuaranteesPerUser = 0,
    };

    /// <summary>The limits of queued descriptors.</summary>
    /// <param name="limits">max_outgoing_unix_fds and max_message_unix_fds are read: one full message per connection is guaranteed.</param>
    /// <param name="total">How many of the process's descriptors may wait in queues.</param>
    internal static QuotaLimits OfDescriptors(LimitOptions limits, long total) => new()
    {
        Total = total,
        Sent = limits.MaxOutgoingUnixFds,
        Received = limits.MaxOutgoingUnixFds,
        Reserve = limits.MaxMessageUnixFds,
        Overdraft = limits.MaxMessageUnixFds,
        Guaranteed = limits.MaxMessageUnixFds,
        GuaranteesPerUser = (int)Math.Min(Math.Max(1, total / (2L * Math.Max(1, limits.MaxMessageUnixFds))), limits.MaxConnectionsPerUser),
    };
}
