using System.Runtime.CompilerServices;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Matching;
using XcpBroker.Protocol.MatchRules;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Monitoring;

/// <summary>Shows every message to the monitors that asked for it: also those that nobody receives, and those that are refused.</summary>
/// <remarks>A monitor that does not read is ended: it never stalls the bus nor takes from another's share.</remarks>
internal sealed class MonitorTap(SubjectMaker subjects, Delivery delivery, LossLog losses, Dooms dooms)
{
    private readonly List<Connection> _receivers = [];

    internal MatchIndex<Connection> Rules { get; } = new();

    /// <summary>Shows a message on its way to <paramref name="addressed"/>, or to nobody in particular.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Offer(in RoutedMessage message, Connection? addressed)
    {
        if (Rules.Count > 0)
        {
            Show(message, addressed);
        }
    }

    private void Show(in RoutedMessage message, Connection? addressed)
    {
        MatchSubject subject = subjects.Make(message, addressed);
        Rules.Collect(subject, _receivers);
        foreach (Connection monitor in _receivers)
        {
            switch (delivery.TryDeliver(monitor, message, ChargeKind.Received))
            {
                case DeliveryResult.OverBytes or DeliveryResult.OverFds:
                    dooms.Doom(monitor, CloseReason.SlowMonitor);
                    break;
                case DeliveryResult.OverShare:
                    // Others may have left it too little: it goes on with a gap, and that is said.
                    losses.BroadcastLost(monitor, DeliveryResult.OverShare);
                    break;
                case DeliveryResult.Queued:
                    losses.EndEpisode(monitor);
                    break;
                default:
                    break;
            }
        }

        _receivers.Clear();
    }
}
