using System.Text;
using Microsoft.Extensions.Logging;
using XcpBroker.Buffering;
using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Names;
using XcpBroker.Routing;

namespace XcpBroker.Activation;

/// <summary>Starts what a message needs, holds the message meanwhile, and lets it go or fail in one of few ways, each exactly once.</summary>
/// <remarks>
/// A start ends when the name is owned, by whomever; when its attempt fails; or when service_start_timeout has passed, which always runs.
/// All that wait for one name share one attempt. Source: specification, "Message Bus Starting Services".
/// </remarks>
internal sealed class ServiceActivation(
    ActivationTable table,
    StartPlan plan,
    SystemdMeans? systemd,
    MessageHolder holder,
    HeldRelease release,
    PolicyGate gate,
    BusLoop loop,
    ActivationLimits limits,
    ILogger log) : INameStarter, IStartWatcher
{
    private readonly HeldTotals _held = new();
    private readonly StartBackOff _backOff = new(loop.Clock);

    /// <summary>Hears of each failed start; set once by Composition.</summary>
    internal required Action<string, DBusError> StartFailed { get; init; }

    /// <summary>Whether files of descriptors have changed since they were read; set once by Composition.</summary>
    internal required Func<bool> AreDescriptorsOld { get; init; }

    /// <summary>Calls back once they have been read; set once by Composition.</summary>
    internal required Action<Action> WhenDescriptorsAreRead { get; init; }

    /// <summary>Takes apart whoever did not read its errors; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    internal ActivationTable Table => table;

    /// <summary>The names that ListActivatableNames tells: those that the bus itself can cause to start.</summary>
    /// <remarks>Not those that start by their own means: an inspector that calls them all would wait for each.</remarks>
    internal IEnumerable<string> ActivatableNames
    {
        get
        {
            foreach (string name in table.Catalog.Names)
            {
                if (table.Catalog.TryFind(name, out ServiceDescriptor? descriptor) && plan.CanStart(descriptor))
                {
                    yield return name;
                }
            }
        }
    }

    /// <summary>What waits, for all names together.</summary>
    internal HeldTotals Held => _held;

    /// <summary>A call or a unicast signal to a name without owner.</summary>
    /// <returns>False: nothing provides that name, and nothing was done. True: it is held, or refused.</returns>
    internal bool TryTake(in RoutedMessage message, out DBusError refusal)
    {
        refusal = default;
        // Most names that nobody owns are nothing to start: these cost no memory.
        if (BusName.IsUnique(message.Destination))
        {
            return false;
        }

        if (!table.HasDescriptor(message.Destination) && table.IsEmpty && !plan.MayTakeToCome && !AreDescriptorsOld())
        {
            return false;
        }

        string name = Encoding.ASCII.GetString(message.Destination);
        refusal = Hold(name, message, isStart: false, out bool isKnown);
        return isKnown;
    }

    /// <summary>Starts a name without owner for a call of StartServiceByName, which is answered when the name is owned.</summary>
    internal DBusError Start(string name, in RoutedMessage call)
    {
        DBusError error = Hold(name, call, isStart: true, out bool isKnown);
        return isKnown ? error : DBusError.ServiceUnknown(name);
    }

    /// <summary>A name has an owner, who has been told so.</summary>
    internal void NameAcquired(string name, Connection owner)
    {
        if (name == SystemdMeans.SystemdName)
        {
            systemd?.SystemdAppeared(owner);
        }

        if (!table.TryFind(name, out PendingStart? start))
        {
            return;
        }

        ActivationLog.Started(log, name);
        table.Remove(start);
        _backOff.Succeeded(name);
        while (start.Waiting.Count > 0)
        {
            release.DeliverFirst(start.Waiting, owner);
        }
    }

    /// <summary>For a name whose messages wait elsewhere.</summary>
    public TimeSpan? Ensure(string name, Connection? caller)
    {
        if (table.TryFind(name, out _) || !table.Catalog.TryFind(name, out ServiceDescriptor? descriptor) || !plan.CanStart(descriptor))
        {
            return null;
        }

        if (_backOff.IsTooEarly(name, out _, out TimeSpan left))
        {
            return left;
        }

        Begin(new PendingStart(name, this, _held) { Descriptor = descriptor }, caller);
        return null;
    }

    public void Failed(PendingStart start, DBusError error)
    {
        End(start, error);
        TakeApartDoomed();
    }

    /// <summary>Puts other descriptors in force. What is being started goes on as it began.</summary>
    internal void Apply(ServiceCatalog catalog)
    {
        table.Catalog = catalog;
        _backOff.Clear();
        ActivationLog.Report(log, catalog);
    }

    /// <summary>A signal to the bus: systemd may say that a unit could not be started.</summary>
    /// <returns>Whether it was one that the bus listens to.</returns>
    internal bool TryTakeSignal(in RoutedMessage signal)
    {
        if (systemd is null || !systemd.TryReadFailure(signal, out string unit, out DBusError error))
        {
            return false;
        }

        foreach (PendingStart start in table.Pending.Where(start => start.Descriptor?.SystemdUnit == unit).ToArray())
        {
            End(start, error);
        }

        return true;
    }

    /// <summary>UpdateActivationEnvironment, where systemd starts services.</summary>
    internal void UpdateEnvironment(IReadOnlyCollection<KeyValuePair<string, string>> variables) => systemd?.UpdateEnvironment(variables);

    /// <summary>The bus ends: nobody is told anything.</summary>
    internal void Shutdown()
    {
        plan.Domain?.Shutdown();
        foreach (PendingStart start in table.Pending.ToArray())
        {
            table.Remove(start);
            start.Waiting.Clear();
        }
    }

    private DBusError Hold(string name, in RoutedMessage message, bool isStart, out bool isKnown)
    {
        bool isNew = !table.TryFind(name, out PendingStart? start);
        ServiceDescriptor? descriptor = start?.Descriptor;
        isKnown = !isNew || (!BusName.IsUnique(name) && (table.Catalog.TryFind(name, out descriptor) || plan.IsTakenToCome(name)));
        bool isSought = !isKnown && !BusName.IsUnique(name) && AreDescriptorsOld();
        isKnown |= isSought;
        if (!isKnown)
        {
            return default;
        }

        DBusError refusal = isStart ? gate.CheckStart(message, name) : gate.CheckSendToAbsent(message, name);
        if (!refusal.IsNone)
        {
            return refusal;
        }

        start ??= new PendingStart(name, this, _held) { Descriptor = descriptor, IsSought = isSought };
        refusal = TryHold(start, message, isNew);
        if (!refusal.IsNone)
        {
            release.Refused(message, DropReason.NotStarted);
        }
        else if (isNew)
        {
            Begin(start, message.Sender!);
        }

        return refusal;
    }

    private DBusError TryHold(PendingStart start, in RoutedMessage message, bool isNew)
    {
        if (isNew && _backOff.IsTooEarly(start.Name, out DBusError failed, out _))
        {
            return failed;
        }

        if (_held.Count >= limits.MaxPending)
        {
            return DBusError.LimitsExceeded($"Messages that wait for services to start, this one for \"{start.Name}\" included,", "max_pending_service_starts", limits.MaxPending);
        }

        DeliveryResult result = holder.TryHold(message, start.Waiting, out _);
        return result == DeliveryResult.Queued ? default : holder.Refusal(result, start.Name);
    }

    private void Begin(PendingStart start, Connection? caller)
    {
        table.Add(start);
        start.Deadline = loop.Deadlines.After(limits.StartTimeout, static state => ((TimedStart)state!).Expire(), new TimedStart(this, start));
        string asker = caller?.ToString() ?? "what waits for it";
        if (start.IsSought)
        {
            WhenDescriptorsAreRead(() => Sought(start, asker));
        }
        else
        {
            Run(start, asker);
        }
    }

    private void Run(PendingStart start, string asker)
    {
        ActivationLog.Starting(log, start.Name, asker);
        plan.Choose(start.Descriptor).Begin(start);
    }

    private void Sought(PendingStart start, string asker)
    {
        if (start.IsOver)
        {
            return;
        }

        start.IsSought = false;
        if (table.Catalog.TryFind(start.Name, out ServiceDescriptor? descriptor))
        {
            start.Descriptor = descriptor;
            Run(start, asker);
            return;
        }

        table.Remove(start);
        release.FailAll(start.Waiting, DBusError.ServiceUnknown(start.Name), DropReason.ToNobody);
        TakeApartDoomed();
    }

    private void Expire(PendingStart start)
    {
        start.Process?.Kill();
        Failed(start, DBusError.StartTimedOut(start.Name, limits.StartTimeout));
    }

    private void End(PendingStart start, DBusError error)
    {
        ActivationLog.Failed(log, start.Name, error.Message);
        table.Remove(start);
        if (start.Descriptor is not null)
        {
            _backOff.Failed(start.Name, error);
        }

        release.FailAll(start.Waiting, error, DropReason.NotStarted);
        StartFailed(start.Name, error);
    }

    private sealed class TimedStart(ServiceActivation owner, PendingStart start)
    {
        internal void Expire() => owner.Expire(start);
    }
}
