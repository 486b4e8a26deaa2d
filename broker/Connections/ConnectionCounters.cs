namespace XcpBroker.Connections;

/// <summary>What Debug.Stats tells of one connection.</summary>
internal struct ConnectionCounters
{
    internal uint IncomingMessages;
    internal uint OutgoingMessages;
    internal uint PeakIncomingBytes;
    internal uint PeakOutgoingBytes;
    internal ushort PeakIncomingFds;
    internal ushort PeakOutgoingFds;

    /// <summary>Copies of broadcasts that it could not take, ever.</summary>
    internal uint BroadcastsLost;

    /// <summary>The same in the present episode; 0 between two.</summary>
    internal uint LostInEpisode;

    internal void CountOut(long queuedBytes, int queuedFds)
    {
        OutgoingMessages++;
        PeakOutgoingBytes = (uint)Math.Max(PeakOutgoingBytes, queuedBytes);
        PeakOutgoingFds = (ushort)Math.Max(PeakOutgoingFds, queuedFds);
    }

    internal void CountIn(long heldBytes, int heldFds)
    {
        PeakIncomingBytes = (uint)Math.Max(PeakIncomingBytes, heldBytes);
        PeakIncomingFds = (ushort)Math.Max(PeakIncomingFds, heldFds);
    }
}
