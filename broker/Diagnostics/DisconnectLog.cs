using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Loop;

namespace XcpBroker.Diagnostics;

/// <summary>Says why connections ended: each, but those of a domain that ends many in the same way, which are counted.</summary>
internal sealed class DisconnectLog(BusLoop loop, ILogger log)
{
    private const int MaxEpisodes = 256;

    private readonly EpisodeLog<Episode> _episodes = new(
        loop, MaxEpisodes, (episode, count) => DomainLog.DisconnectedOften(log, count, episode.Domain ?? "of others", episode.Reason));

    internal bool IsInEpisode => _episodes.IsActive;

    internal static bool IsByBus(CloseReason reason) =>
        reason is not (CloseReason.PeerClosed or CloseReason.PeerClosedWithinMessage or CloseReason.Shutdown);

    internal void Disconnected(Connection connection, CloseReason reason, string? detail)
    {
        if (!IsByBus(reason))
        {
            Log.Disconnected(log, connection, reason);
            return;
        }

        // That there are too many has been said.
        bool isSaid = reason == CloseReason.TooManyIncomplete
            || (connection.Credentials.Domain is { } domain && !_episodes.Begins(new Episode(domain.Name, reason)));
        if (!isSaid)
        {
            Log.DisconnectedByBus(log, connection, reason, detail is null ? string.Empty : $" ({detail})");
        }
    }

    private readonly record struct Episode(string? Domain, CloseReason Reason);
}
