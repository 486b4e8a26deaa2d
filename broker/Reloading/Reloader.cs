using Microsoft.Extensions.Logging;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Loop;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Reloading;

/// <summary>Reads the configuration again, off the bus loop, and puts it in force on it; one that is wrong changes nothing.</summary>
/// <remarks>
/// What is asked for while a reading goes on is answered by one more that begins after it: the first may have come too early to see
/// what the second asker wrote. However many ask, there is one reading at a time.
/// </remarks>
internal sealed class Reloader(ConfigurationSource source, ConfigurationInForce inForce, BusMessages bus, BusLoop loop, ILogger log)
{
    /// <summary>Unanswered requests of one caller: more would be hoarded, not waited for.</summary>
    private const int MaxPerCaller = 16;

    private readonly Dictionary<Connection, int> _waitingOf = [];
    private List<Asker> _askers = [];
    private List<Asker> _served = [];
    private bool _isReading;

    /// <summary>Takes apart whoever did not read its answer; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    /// <summary>Whether files have changed since the last reading began.</summary>
    internal Func<bool> HasChanged { get; set; } = static () => false;

    /// <summary>A reading begins, which will see all changes up to now.</summary>
    internal Action Began { get; set; } = static () => { };

    /// <summary>Whether what is in force may be older than the files.</summary>
    internal bool IsBehind => _isReading || HasChanged();

    /// <summary>After each reading, whatever came of it: files and directories may have come and gone.</summary>
    internal Action<BrokerOptions>? Done { get; set; }

    /// <summary>Reads again; the caller is answered once what was read is in force, or refused.</summary>
    internal DBusError Request(WaitingCall call)
    {
        int waiting = _waitingOf.GetValueOrDefault(call.Caller);
        if (waiting >= MaxPerCaller)
        {
            return DBusError.TooManyAtOnce("calls of ReloadConfig of one caller", MaxPerCaller);
        }

        _waitingOf[call.Caller] = waiting + 1;
        Request(new Asker(call, null));
        return default;
    }

    /// <summary>Reads again, for the broker itself.</summary>
    /// <param name="done">Called once what was read is in force, or refused.</param>
    internal void Request(Action? done = null) => Request(new Asker(null, done));

    /// <summary>Calls back once what is in force, or was refused, is as new as the files are now.</summary>
    internal void WhenRead(Action done)
    {
        if (_isReading && !HasChanged())
        {
            _served.Add(new Asker(null, done));
        }
        else
        {
            Request(done);
        }
    }

    private void Request(Asker asker)
    {
        _askers.Add(asker);
        if (!_isReading)
        {
            Begin();
        }
    }

    private void Begin()
    {
        _isReading = true;
        (_askers, _served) = (_served, _askers);
        _waitingOf.Clear();
        Began();
        source.RunElsewhere(() =>
        {
            ConfigurationReading reading = source.Read?.Invoke() ?? default;
            loop.Schedule(_ => Finish(reading), null);
        });
    }

    private void Finish(ConfigurationReading reading)
    {
        DBusError error = default;
        if (reading.Problem is { } problem)
        {
            ReloadLog.Refused(log, problem);
            error = DBusError.ConfigurationInvalid(problem);
        }
        else if (reading.Options is { } options)
        {
            Apply(options, reading.Services);
        }

        // Also after a failure: who waits for a change of the services must not wait for one of something else.
        bus.BroadcastActivatableServicesChanged();
        foreach (Asker asker in _served)
        {
            Answer(asker, error);
        }

        _served.Clear();
        Done?.Invoke(inForce.Current);
        TakeApartDoomed();
        _isReading = false;
        if (_askers.Count > 0)
        {
            Begin();
        }
    }

    private void Apply(BrokerOptions options, ServiceCatalog? services)
    {
        IReadOnlyList<string> waiting = inForce.Apply(options, services);
        BusConfiguration? configuration = options.Configuration;
        foreach (ConfigProblem warning in configuration?.Warnings ?? [])
        {
            ReloadLog.Warning(log, warning);
        }

        if (waiting.Count > 0)
        {
            ReloadLog.WaitsForRestart(log, string.Join(", ", waiting));
        }

        if (configuration is not null)
        {
            ReloadLog.Reloaded(log, configuration.File);
        }
    }

    private void Answer(Asker asker, DBusError error)
    {
        asker.Done?.Invoke();
        if (asker.Call is { } call)
        {
            bus.Answer(call, error);
        }
    }

    private readonly record struct Asker(WaitingCall? Call, Action? Done);
}
