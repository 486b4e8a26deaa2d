using XcpBroker.Config;
using XcpBroker.Reloading;
using XcpBroker.Spawning;
using XcpBroker.Transport;

namespace XcpBroker;

/// <summary>What a bus starts from: all that may take rights which the bus does not keep.</summary>
/// <param name="Options">What it is told to do.</param>
/// <param name="Source">Where that comes from, for a reload.</param>
/// <param name="Sockets">Where it listens; the bus's from here on.</param>
/// <param name="Services">How processes of services are made; stays the caller's.</param>
/// <param name="Epoch">The first number of its unique names.</param>
internal sealed record BusStart(
    BrokerOptions Options, ConfigurationSource Source, IReadOnlyList<ListeningSocket> Sockets, ServiceProcesses Services, uint Epoch)
{
    /// <summary>Those that clients may be told of.</summary>
    internal Transports Transports { get; init; } = Transports.Known;
}
