using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Loop;
using XcpBroker.Protocol;

namespace XcpBroker.Spawning;

/// <summary>A service's process as the log and those who asked for it see it: events of the process loop, passed on to the bus loop.</summary>
/// <param name="name">The service.</param>
/// <param name="processes">Where the events come.</param>
/// <param name="bus">Where they go.</param>
/// <param name="events">Who asked.</param>
/// <param name="log">Where it is noted.</param>
internal sealed class ServiceProcess(string name, EpollBusLoop processes, BusLoop bus, IServiceEvents events, ILogger log) : IChildEvents
{
    public void Made(int pid, int outputDescriptor)
    {
        SpawnLog.Made(log, name, pid);
        OutputReader.Start(processes, outputDescriptor, name, log);
    }

    public void StartFailed(DBusError error)
    {
        SpawnLog.StartFailed(log, name, error.Message);
        bus.Schedule(static state => ((Action)state!)(), () => events.StartFailed(error));
    }

    public void Ended(ServiceExit exit)
    {
        switch (exit)
        {
            case { Signal: not 0 }:
                SpawnLog.EndedBySignal(log, name, exit.Signal);
                break;
            case { Status: not 0 }:
                SpawnLog.EndedWithStatus(log, name, exit.Status);
                break;
            default:
                SpawnLog.Ended(log, name);
                break;
        }

        bus.Schedule(static state => ((Action)state!)(), () => events.Ended(exit));
    }
}
