namespace XcpBroker.Domains;

/// <summary>How many messages a domain may send now: so many a second, of which twice what is allowed in a twentieth of a second may come at once.</summary>
/// <remarks>The clock is read only when all that was allowed has been used up.</remarks>
internal sealed class MessageRate
{
    /// <summary>Messages that may come at once however few a second are allowed: a client says that much to introduce itself.</summary>
    internal const int SmallestBurst = 16;

    private const int BurstsPerSecond = 20;

    private long _left;
    private long? _filledAt;

    /// <summary>Whether a message may come.</summary>
    /// <param name="perSecond">max_messages_per_second; 0: as many as come.</param>
    /// <param name="clock">What time it is.</param>
    internal bool HasRoom(int perSecond, TimeProvider clock)
    {
        if (perSecond == 0)
        {
            return true;
        }

        if (_left <= 0)
        {
            Fill(perSecond, clock);
        }

        return _left > 0;
    }

    /// <summary>Messages have come, or something that was as much work.</summary>
    internal void Take(long messages) => _left -= messages;

    /// <summary>How long until it is worth looking again: a quarter of a burst, or at least one message, and not more than a second.</summary>
    internal static TimeSpan Pause(int perSecond) => TimeSpan.FromSeconds(Math.Min(1, Math.Max(1, BurstOf(perSecond) / 4) / (double)perSecond));

    private static long BurstOf(int perSecond) => Math.Max(SmallestBurst, perSecond / BurstsPerSecond);

    private void Fill(int perSecond, TimeProvider clock)
    {
        long now = clock.GetTimestamp();
        long burst = BurstOf(perSecond);
        if (_filledAt is not { } before)
        {
            _left = burst;
            _filledAt = now;
            return;
        }

        double earned = clock.GetElapsedTime(before, now).TotalSeconds * perSecond;
        if (_left + earned >= burst)
        {
            _left = burst;
            _filledAt = now;
        }
        else if (earned >= 1)
        {
            // What is less than one message is not lost.
            _left += (long)earned;
            _filledAt = before + (long)((long)earned / (double)perSecond * clock.TimestampFrequency);
        }
    }
}
