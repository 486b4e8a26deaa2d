using Microsoft.Extensions.Logging;
using XcpBroker.Diagnostics;
using XcpBroker.Domains;
using XcpBroker.Loop;
using XcpBroker.Metrics;

namespace XcpBroker.Connections;

/// <summary>Connections of domains that send more messages a second than they may: they are not read for a moment. Nothing is lost, others feel nothing.</summary>
internal sealed class PacedInputs(TurnWork turn, BusLoop loop, BrokerCounters counters, ILogger log)
{
    private const int MaxEpisodes = 64;

    private readonly EpisodeLog<Episode> _episodes = new(loop, MaxEpisodes, (episode, count) => DomainLog.PacedOften(log, episode.Domain ?? "of others", count));

    internal bool IsInEpisode => _episodes.IsActive;

    /// <summary>Whether a domain may have its next message handled now.</summary>
    internal bool HasRoom(BusDomain domain) => domain.Rate.HasRoom(domain.Limits.MaxMessagesPerSecond, loop.Clock);

    /// <summary>Reads nothing more of the connection until its domain may send again; to be called after AdvanceTo.</summary>
    internal void Wait(Connection connection, BusDomain domain)
    {
        counters.InputsPaced++;
        if (_episodes.Begins(new Episode(domain.Identity.Name)))
        {
            DomainLog.Paced(log, domain.Identity.Name, domain.Limits.MaxMessagesPerSecond);
        }

        connection.IsResumeDue = true;
        connection.IsPaced = true;
        connection.Transport.NotifyWhenReadable(false);
        domain.Paced.Enqueue(connection);
        if (domain.Paced.Count == 1)
        {
            // The limit may have gone meanwhile: then there is nothing to wait for.
            TimeSpan pause = domain.Limits.MaxMessagesPerSecond is > 0 and int rate ? MessageRate.Pause(rate) : TimeSpan.Zero;
            domain.PaceDeadline = loop.Deadlines.After(pause, state => Resume((BusDomain)state!), domain);
        }
    }

    /// <summary>The connection is being taken apart.</summary>
    internal static void Forget(Connection connection)
    {
        if (connection is { IsPaced: true, Domain: { } domain })
        {
            for (int left = domain.Paced.Count; left > 0; left--)
            {
                Connection waiting = domain.Paced.Dequeue();
                if (waiting != connection)
                {
                    domain.Paced.Enqueue(waiting);
                }
            }

            if (domain.Paced.Count == 0)
            {
                domain.PaceDeadline.Cancel();
            }
        }
    }

    // Each gets its turn before any gets a second one.
    private void Resume(BusDomain domain)
    {
        while (domain.Paced.TryDequeue(out Connection? connection))
        {
            connection.IsPaced = false;
            connection.Transport.NotifyWhenReadable(true);
            turn.ResumeNextTurn(connection);
        }
    }

    private readonly record struct Episode(string? Domain);
}
