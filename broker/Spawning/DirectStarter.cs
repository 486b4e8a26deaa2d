using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Loop;

namespace XcpBroker.Spawning;

/// <summary>Starts services as children of the broker itself: as its own user or, if that is root, as any.</summary>
/// <param name="bus">The bus loop: it asks, and is answered there.</param>
/// <param name="processes">Where processes are made.</param>
/// <param name="spawner">What makes them.</param>
/// <param name="ownUserId">Who the broker runs as.</param>
/// <param name="log">Where it is noted.</param>
internal sealed class DirectStarter(BusLoop bus, ProcessThread processes, ChildSpawner spawner, uint ownUserId, ILogger log) : IServiceStarter
{
    public IStartedService Start(ServiceCommand command, IServiceEvents events)
    {
        EpollBusLoop loop = processes.Loop;
        ChildCommand child = command is { Kind: StartKind.Unit, Unit: { } unit }
            ? spawner.StartUnit(unit)
            : new ChildCommand { Arguments = ChildCommand.Encode(command.Arguments), Environment = command.Environment };
        ServiceProcess process = new(command.Label, loop, bus, events, log);
        ChildStart start = new(new ChildHost(loop, spawner, ownUserId), child, command.User, process);
        loop.Schedule(static state => ((ChildStart)state!).Begin(), start);
        return new Started(loop, start);
    }

    private sealed class Started(EpollBusLoop loop, ChildStart start) : IStartedService
    {
        public void Kill() => loop.Schedule(static state => ((ChildStart)state!).Kill(), start);
    }
}
