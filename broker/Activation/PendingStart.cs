using XcpBroker.Buffering;
using XcpBroker.Config.Services;
using XcpBroker.Loop;
using XcpBroker.Protocol;

namespace XcpBroker.Activation;

/// <summary>One name that is being started, and what waits for it.</summary>
internal sealed class PendingStart(string name, IStartWatcher watcher, HeldTotals totals) : IServiceEvents
{
    internal string Name => name;

    /// <summary>Null: it is taken to come by itself, which is systemd only.</summary>
    internal ServiceDescriptor? Descriptor { get; set; }

    /// <summary>Nothing is known of it: the descriptors, which have changed, are being read.</summary>
    internal bool IsSought { get; set; }

    /// <summary>Calls, unicast signals and calls of StartServiceByName, in the order in which they came.</summary>
    internal HeldQueue Waiting { get; } = new(totals);

    /// <summary>service_start_timeout.</summary>
    internal Deadline Deadline { get; set; }

    /// <summary>What is killed when it takes too long; null: nothing that we could kill.</summary>
    internal IStartedService? Process { get; set; }

    /// <summary>The name is owned, or will not be: what is heard of this attempt from now on does not matter.</summary>
    internal bool IsOver { get; set; }

    public void StartFailed(DBusError error)
    {
        if (!IsOver)
        {
            watcher.Failed(this, error);
        }
    }

    public void Ended(ServiceExit exit)
    {
        // Status 0 is no failure: a program that detaches itself ends so, and its child owns the name later.
        if (exit.Signal != 0)
        {
            StartFailed(DBusError.ServiceSignaled(name, exit.Signal));
        }
        else if (exit.Status != 0)
        {
            StartFailed(DBusError.ServiceExited(name, exit.Status));
        }
    }
}

/// <summary>Is told when an attempt to start a service has failed.</summary>
internal interface IStartWatcher
{
    void Failed(PendingStart start, DBusError error);
}
