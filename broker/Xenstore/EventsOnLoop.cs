using XcpBroker.Loop;

namespace XcpBroker.Xenstore;

/// <summary>Brings events from another thread to a loop, in their order.</summary>
internal sealed class EventsOnLoop(BusLoop loop, IDomainEvents events) : IDomainEvents
{
    public void Booted(DomainBoot boot) => loop.Schedule(_ => events.Booted(boot), null);

    public void Ended(string name, uint domid) => loop.Schedule(_ => events.Ended(name, domid), null);

    public void Lost(string problem) => loop.Schedule(_ => events.Lost(problem), null);

    public void Found() => loop.Schedule(_ => events.Found(), null);

    public void NotTold(string name, uint domid, string problem) => loop.Schedule(_ => events.NotTold(name, domid, problem), null);
}
