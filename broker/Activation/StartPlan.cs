using XcpBroker.Config.Services;

namespace XcpBroker.Activation;

/// <summary>Which way each service is started.</summary>
/// <param name="process">Runs the program.</param>
internal sealed class StartPlan(IStartMeans process)
{
    /// <summary>What descriptors for systemd write where dbus-daemon demands a program that is never to be run.</summary>
    private const string Placeholder = "/bin/false";

    private readonly OwnMeans _ownMeans = new();

    /// <summary>Asks systemd on this bus for the unit; null: this bus does not leave that to systemd.</summary>
    internal IStartMeans? Activator { get; init; }

    /// <summary>Asks systemd on the system bus for the unit of what has no program; null: there is nobody to ask.</summary>
    internal IStartMeans? Unit { get; init; }

    /// <summary>Starts the domain that the service lives in; null: nothing here does.</summary>
    internal DomainMeans? Domain { get; init; }

    internal IStartMeans Choose(ServiceDescriptor? descriptor) =>
        descriptor is null ? _ownMeans
        : descriptor.Domain is not null ? Domain ?? (IStartMeans)_ownMeans
        : Activator is not null && descriptor.SystemdUnit is not null ? Activator
        : HasProgram(descriptor) ? process
        : descriptor.SystemdUnit is null ? _ownMeans
        : Unit ?? (descriptor.Arguments.Count > 0 ? process : _ownMeans);

    /// <summary>Whether the bus can do anything to start it.</summary>
    internal bool CanStart(ServiceDescriptor descriptor) => Choose(descriptor) != _ownMeans;

    /// <summary>Whether there is any name of which <see cref="IsTakenToCome"/> holds.</summary>
    internal bool MayTakeToCome => Activator is not null;

    /// <summary>A name that needs no descriptor, as in dbus-daemon: who owns it comes by itself.</summary>
    internal bool IsTakenToCome(string name) => Activator is not null && name == SystemdMeans.SystemdName;

    private static bool HasProgram(ServiceDescriptor descriptor) =>
        descriptor.Arguments.Count > 0 && !(descriptor.SystemdUnit is not null && descriptor.Arguments[0] == Placeholder);
}
