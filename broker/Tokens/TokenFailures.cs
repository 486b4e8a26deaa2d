using Microsoft.Extensions.Logging;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Diagnostics;
using XcpBroker.Loop;

namespace XcpBroker.Tokens;

/// <summary>How fast wrong proofs of one listener are answered: some at once, then one after the other. Right ones never come here.</summary>
/// <remarks>
/// Who guesses waits in a queue of his own domain's guesses, however many connections he has. What is kept is a time for each domain that
/// the bus knows, and one for all others together: names that are made up cost nothing.
/// </remarks>
internal sealed class TokenFailures : ITokenFailures
{
    /// <summary>Wrong proofs of one domain that are answered at once, after a while without any.</summary>
    internal const int Burst = 8;

    private const int MaxEpisodes = 256;

    /// <summary>Between two further ones.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly BusLoop _loop;
    private readonly ILogger _log;
    private readonly EpisodeLog<Claim> _episodes;
    private readonly Dictionary<Claim, long> _nextFree = [];

    /// <param name="loop">Where the conversations are.</param>
    /// <param name="log">Where it says that somebody is guessing.</param>
    internal TokenFailures(BusLoop loop, ILogger log)
    {
        _loop = loop;
        _log = log;
        _episodes = new EpisodeLog<Claim>(loop, MaxEpisodes, (claim, count) => LinkLog.WrongProofs(log, count, claim.ToString()));
    }

    public void Delay(string? domain, Action reject)
    {
        Claim claim = new(domain);
        if (_episodes.Begins(claim))
        {
            LinkLog.WrongProof(_log, claim.ToString());
        }

        // The time at which all earlier ones are answered, if each took its interval; a burst may be ahead of it.
        long now = _loop.Clock.GetTimestamp();
        long interval = Ticks(Interval);
        long free = Math.Max(_nextFree.GetValueOrDefault(claim, now), now) + interval;
        _nextFree[claim] = free;
        long wait = free - now - (Burst * interval);
        _loop.Deadlines.After(
            TimeSpan.FromSeconds(Math.Max(0, wait) / (double)_loop.Clock.TimestampFrequency), static state => ((Action)state!)(), reject);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _loop.Clock.TimestampFrequency);

    private readonly record struct Claim(string? Domain)
    {
        public override string ToString() => Domain ?? "a domain that is not known";
    }
}
