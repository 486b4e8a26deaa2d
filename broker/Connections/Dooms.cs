using XcpBroker.Diagnostics;

namespace XcpBroker.Connections;

/// <summary>Connections that are to be taken apart once the message in hand is done.</summary>
/// <remarks>
/// Taking one apart sends signals; in the middle of a broadcast that would break its order and its list of receivers. A doomed
/// connection gets nothing more, so to everybody else it is gone from now on.
/// </remarks>
internal sealed class Dooms
{
    private readonly Queue<(Connection Connection, CloseReason Reason, string? Detail)> _doomed = new();

    internal bool Any => _doomed.Count > 0;

    internal void Doom(Connection connection, CloseReason reason, string? detail = null)
    {
        if (connection.IsOpen)
        {
            connection.IsDoomed = true;
            _doomed.Enqueue((connection, reason, detail));
        }
    }

    internal bool TryTake(out (Connection Connection, CloseReason Reason, string? Detail) doomed) => _doomed.TryDequeue(out doomed);
}
