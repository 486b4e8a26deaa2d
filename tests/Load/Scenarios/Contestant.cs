using XcpBroker.Load.Floor;
using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Scenarios;

/// <summary>A broker that takes part in a comparison.</summary>
/// <param name="Name">As in the tables.</param>
/// <param name="Start">Starts one.</param>
internal sealed record Contestant(string Name, Func<BrokerStart, BrokerProcess> Start)
{
    internal const string Ours = "xcp-broker";
    internal const string DbusBroker = "dbus-broker";
    internal const string DbusDaemon = "dbus-daemon";
    internal const string Floor = "floor";

    internal bool IsOurs => Name == Ours;

    /// <summary>The floor knows no D-Bus and takes part only where bytes forwarded, or the same answer always, are enough.</summary>
    internal bool IsFloor => Name == Floor;

    internal Target Target(BrokerProcess process) => new(process.Address, process.Pid, IsFloor);

    /// <param name="name">As on the command line.</param>
    /// <exception cref="ArgumentException">Nothing is called that.</exception>
    internal static Contestant Named(string name) => name switch
    {
        "xcp" => new Contestant(Ours, XcpBrokerProcess.Start),
        DbusBroker => new Contestant(name, DbusBrokerProcess.Start),
        DbusDaemon => new Contestant(name, DbusDaemonProcess.Start),
        Floor => new Contestant(name, FloorProcess.Start),
        _ => throw new ArgumentException($"no broker is called {name}: xcp dbus-broker dbus-daemon floor"),
    };
}
