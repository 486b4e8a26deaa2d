using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Metrics;

namespace XcpBroker.Routing;

/// <summary>Counts lost broadcasts for their receiver, and says so once when it starts and once when it ends.</summary>
internal sealed class LossLog(BrokerCounters counters, ILogger log)
{
    internal void BroadcastLost(Connection receiver, DeliveryResult why)
    {
        counters.BroadcastsLost++;
        receiver.Counters.BroadcastsLost++;
        if (receiver.Counters.LostInEpisode++ == 0)
        {
            Log.LosingBroadcasts(log, receiver, why);
        }
    }

    /// <summary>The receiver took one again, or is gone.</summary>
    internal void EndEpisode(Connection receiver)
    {
        if (receiver.Counters.LostInEpisode > 0)
        {
            Log.LostBroadcasts(log, receiver, receiver.Counters.LostInEpisode);
            receiver.Counters.LostInEpisode = 0;
        }
    }
}
