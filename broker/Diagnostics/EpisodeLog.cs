using XcpBroker.Loop;

namespace XcpBroker.Diagnostics;

/// <summary>Makes an episode of events that are alike: its first is worth a log line, its end another one with their number.</summary>
/// <remarks>An episode has ended when nothing came between two looks; one deadline serves all. More than the given number of keys share one episode.</remarks>
/// <param name="loop">Where it lives.</param>
/// <param name="maxKeys">Episodes that may be under way at once.</param>
/// <param name="ended">Told of each episode of more than one event when it has ended.</param>
internal sealed class EpisodeLog<TKey>(BusLoop loop, int maxKeys, Action<TKey, long> ended)
    where TKey : struct, IEquatable<TKey>
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(60);

    private readonly Dictionary<TKey, Episode> _episodes = [];
    private readonly List<TKey> _over = [];

    /// <summary>Whether an episode is under way, and so a deadline set.</summary>
    internal bool IsActive => _episodes.Count > 0;

    /// <returns>True for the first event of an episode.</returns>
    internal bool Begins(TKey key)
    {
        if (_episodes.Count >= maxKeys && !_episodes.ContainsKey(key))
        {
            key = default;
        }

        if (_episodes.TryGetValue(key, out Episode? episode))
        {
            episode.Count++;
            return false;
        }

        if (_episodes.Count == 0)
        {
            Watch();
        }

        _episodes.Add(key, new Episode { Count = 1 });
        return true;
    }

    private void Watch() => loop.Deadlines.After(BetweenLooks, static state => ((EpisodeLog<TKey>)state!).Look(), this);

    private void Look()
    {
        foreach ((TKey key, Episode episode) in _episodes)
        {
            if (episode.Count == episode.CountAtLook)
            {
                _over.Add(key);
            }

            episode.CountAtLook = episode.Count;
        }

        foreach (TKey key in _over)
        {
            _episodes.Remove(key, out Episode? episode);
            if (episode!.Count > 1)
            {
                ended(key, episode.Count);
            }
        }

        _over.Clear();
        if (_episodes.Count > 0)
        {
            Watch();
        }
    }

    private sealed class Episode
    {
        internal long Count;
        internal long CountAtLook;
    }
}
