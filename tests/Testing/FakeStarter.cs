using XcpBroker.Activation;
using XcpBroker.Protocol;

namespace XcpBroker.Testing;

/// <summary>Remembers what is to be run, and tells of its fate what a test wants.</summary>
internal sealed class FakeStarter : IServiceStarter
{
    internal List<FakeProcess> Processes { get; } = [];

    internal FakeProcess Last => Processes[^1];

    /// <summary>What the next starts fail with before they return.</summary>
    internal DBusError Refusal { get; set; }

    public IStartedService Start(ServiceCommand command, IServiceEvents events)
    {
        FakeProcess process = new(command, events);
        Processes.Add(process);
        if (!Refusal.IsNone)
        {
            events.StartFailed(Refusal);
        }

        return process;
    }
}

/// <summary>A process that there is not.</summary>
internal sealed class FakeProcess(ServiceCommand command, IServiceEvents events) : IStartedService
{
    internal ServiceCommand Command => command;

    internal IServiceEvents Events => events;

    internal bool IsKilled { get; private set; }

    public void Kill() => IsKilled = true;
}
