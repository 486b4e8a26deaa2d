using XcpBroker.Load.Workloads;
using XcpBroker.Peers.Processes;

namespace XcpBroker.Load.Floor;

/// <summary>floor.c as a child; it is compiled with this project.</summary>
internal sealed class FloorProcess : BrokerProcess
{
    private FloorProcess(BrokerStart start)
        : base("floor", start)
    {
    }

    /// <summary>What it does with what it receives while this load runs, as on its command line; null: it can't serve that load.</summary>
    internal static string? Mode(LoadOptions load) => load switch
    {
        { Rules: > 0 } or { AgreesOnFds: true } => null,
        { Mode: "pingpong" or "oneway" } => "pairs",
        { Mode: "fanout" } => "fan",
        { Mode: "connect" or "driver" } => load.Mode,
        _ => null,
    };

    /// <param name="start">Its extra arguments name the mode.</param>
    internal static FloorProcess Start(BrokerStart start) => Running(new FloorProcess(start), process => process.Run(start));

    private void Run(BrokerStart start)
    {
        using PrintedAddress printed = new();
        Launch(start, [Path.Combine(AppContext.BaseDirectory, "floor"), start.OverTcp ? "tcp" : SocketPath, "3"], printed.WriteEnd);
        Address = printed.ReadLine(start.Patience) ?? throw Failed("did not listen");
    }
}
