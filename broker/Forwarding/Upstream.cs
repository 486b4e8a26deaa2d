using Microsoft.Extensions.Logging;
using XcpBroker.Auth.Sasl;
using XcpBroker.Config;
using XcpBroker.Loop;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>A bus that was found, and what to connect to.</summary>
internal sealed record UpstreamBus(BusChoice Choice, IReadOnlyList<SocketName> Names)
{
    internal SaslClient NewConversation() => new(Choice.NewMechanism(), Choice.Address.Guid);
}

/// <summary>The bus, as far as all sessions share it: where it is, how one proves oneself, and whether it could be reached last time.</summary>
internal sealed class Upstream(ForwardOptions options, SocketIO io, Action<Action> runElsewhere, ILogger log)
{
    /// <summary>How long xenstore is watched for an address before that is said.</summary>
    private static readonly TimeSpan WatchTime = TimeSpan.FromSeconds(10);

    private List<Action<UpstreamBus?, string>> _waiting = [];
    private UpstreamBus? _fixed;
    private ListenAddress? _last;
    private bool _isLost;

    internal SocketIO Io => io;

    internal BusLoop Loop => io.Loop;

    internal TimeSpan Patience => options.Patience;

    /// <summary>Whether it is the same each time: what it has refused once it will refuse again.</summary>
    internal bool IsFixed => options.Bus.IsFixed;

    /// <summary>Finds out what to connect to, off the loop; whoever asks meanwhile gets the same answer.</summary>
    /// <param name="found">Called on the loop with the bus, or with none and why.</param>
    internal void Resolve(Action<UpstreamBus?, string> found)
    {
        // Nothing of these waits: neither for xenstore nor for a name service.
        if (IsFixed && options.Bus.Find(default) is { } known && known.Transport.ResolvesAtOnce(known.Address))
        {
            string wrong = "";
            _fixed ??= Find(out wrong);
            found(_fixed, wrong);
            return;
        }

        _waiting.Add(found);
        if (_waiting.Count == 1)
        {
            runElsewhere(() =>
            {
                UpstreamBus? bus = Find(out string problem);
                io.Loop.Schedule(_ => Tell(bus, problem), null);
            });
        }
    }

    /// <summary>Said once, until it works again.</summary>
    internal void Failed(string problem)
    {
        if (!_isLost)
        {
            ForwardLog.BusLost(log, $"{_last?.ToString() ?? options.Bus.ToString()}: {problem}");
        }

        _isLost = true;
    }

    internal void Works()
    {
        if (_isLost)
        {
            ForwardLog.BusFound(log);
        }

        _isLost = false;
    }

    private UpstreamBus? Find(out string problem)
    {
        problem = "";
        try
        {
            BusChoice choice = options.Bus.Find(Patience < WatchTime ? Patience : WatchTime);
            return new UpstreamBus(choice, choice.Resolve());
        }
        catch (StartException e)
        {
            problem = e.Message;
            return null;
        }
    }

    private void Tell(UpstreamBus? bus, string problem)
    {
        if (bus is not null && !IsFixed && bus.Choice.Address.ToString() != _last?.ToString())
        {
            ForwardLog.BusIs(log, bus.Choice.Address.ToString(), bus.Choice.Source);
        }

        _last = bus?.Choice.Address ?? _last;
        List<Action<UpstreamBus?, string>> told = _waiting;
        _waiting = [];
        foreach (Action<UpstreamBus?, string> found in told)
        {
            found(bus, problem);
        }
    }
}
