using System.CommandLine;
using XcpBroker.Auth.Sasl;
using XcpBroker.Client;
using XcpBroker.Forwarding;
using XcpBroker.Interop;
using XcpBroker.Transport;
using static XcpBroker.Startup.CommandLineWords;

namespace XcpBroker.Startup;

/// <summary><c>xcp-broker doctor</c>: can this machine use its bus, as whom, and if not, why.</summary>
internal sealed class DoctorCommand
{
    /// <summary>For an address to appear in xenstore: a domain that has just booted may be faster than its bus.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly BusOptions _bus = new("--address");

    internal DoctorCommand()
    {
        Command = new Command("doctor", "Say whether the bus can be used from here, as whom, and if not, why.");
        foreach (Option option in _bus.All)
        {
            Command.Options.Add(option);
        }
    }

    internal Command Command { get; }

    /// <returns>0 if all is well.</returns>
    /// <exception cref="StartException">It is not; the text says what is wrong.</exception>
    internal int Run(ParseResult result, string? runtimeDirectory)
    {
        RefuseUnknown(result);
        BusChoice bus = _bus.Find(result, out string? problem)?.Find(Patience) ?? Default(runtimeDirectory, problem!);
        Say($"address       {bus.Address} ({bus.Source})");
        new Doctor(TimeProvider.System, Say).Examine(bus);
        Say("all is well");
        return 0;
    }

    private static void Say(string line) => Descriptors.Write(Descriptors.StandardOutput, line + "\n");

    /// <summary>In the bus's own domain nobody says where it is: it is where this user's bus is.</summary>
    private static BusChoice Default(string? runtimeDirectory, string xenstore)
    {
        bool isRoot = Environment.IsPrivilegedProcess;
        return !isRoot && string.IsNullOrEmpty(runtimeDirectory)
            ? throw BusLocator.NobodySays(xenstore)
            : new BusChoice(
                DefaultAddress.Choose(isRoot, runtimeDirectory), Transports.Known, "where a bus of this user listens by default",
                static () => new ExternalClient(LibC.GetEffectiveUserId()));
    }
}
