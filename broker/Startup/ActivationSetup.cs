using System.Collections;
using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Transport;

namespace XcpBroker.Startup;

/// <summary>What a bus needs in order to start services, from its options and from the process that it runs in.</summary>
internal static class ActivationSetup
{
    /// <summary>Reads the service directories; so not on the bus loop.</summary>
    /// <param name="options">What the broker is told to do.</param>
    /// <param name="sockets">Where it listens.</param>
    /// <param name="starter">Runs programs.</param>
    /// <param name="hasOwnEnvironment">Whether the starter gives them an environment of its own, whatever we say.</param>
    internal static ActivationOptions Prepare(BrokerOptions options, IReadOnlyList<ListeningSocket> sockets, IServiceStarter starter, bool hasOwnEnvironment) => new()
    {
        Catalog = ConfigurationFile.ReadServices(options),
        Starter = starter,
        Environment = new ActivationEnvironment(OwnEnvironment(), options.BusType) { Address = AddressOf(sockets) },
        UsesSystemd = options.SystemdActivation,
        SystemBus = SystemBus(options),
        DomainStarter = options.DomainStarter,
        MayChangeEnvironment = options.BusType != "system" && !hasOwnEnvironment,
    };

    /// <summary>Where a private bus asks the host's systemd for units; null: this is the bus of the host or of a user, and has its own systemd.</summary>
    /// <remarks>Source: specification, "Well-known Message Bus Instances".</remarks>
    internal static string? SystemBus(BrokerOptions options) => options.BusType is "system" or "session"
        ? null
        : Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS") is { Length: > 0 } address ? address : "unix:path=/run/dbus/system_bus_socket";

    /// <summary>Where services connect: all addresses, since a client takes the first that works.</summary>
    private static string AddressOf(IReadOnlyList<ListeningSocket> sockets) => string.Join(';', sockets.Select(socket => socket.Address));

    private static IEnumerable<KeyValuePair<string, string>> OwnEnvironment()
    {
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            yield return KeyValuePair.Create((string)variable.Key, (string?)variable.Value ?? "");
        }
    }
}
