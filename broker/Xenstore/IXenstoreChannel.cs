namespace XcpBroker.Xenstore;

/// <summary>Bytes to and from xenstore. Its calls wait, so it is for a thread that may.</summary>
internal interface IXenstoreChannel : IDisposable
{
    /// <summary>Nothing has come in time, or <see cref="Receive"/> was woken.</summary>
    const int Nothing = -1;

    /// <summary>The other end is gone, or cannot be read.</summary>
    const int Gone = 0;

    /// <summary>Writes a packet whole.</summary>
    /// <returns>False: it cannot be.</returns>
    bool Send(ReadOnlySpan<byte> packet);

    /// <summary>Waits for bytes.</summary>
    /// <param name="buffer">Where they go.</param>
    /// <param name="patience">How long; null: until something comes, or it is woken.</param>
    /// <param name="canBeWoken">Whether another thread can end the wait.</param>
    /// <returns>How many; <see cref="Nothing"/>; or <see cref="Gone"/>.</returns>
    int Receive(Span<byte> buffer, TimeSpan? patience, bool canBeWoken);
}
