using XcpBroker.Config.Services;

namespace XcpBroker.Activation;

/// <summary>Which way each service is started.</summary>
/// <param name="process">Runs the program.</param>
/// <param name="systemd">Starts the unit; null: this bus does not leave that to systemd.</param>
internal sealed class StartPlan(IStartMeans process, IStartMeans? systemd)
{
    private readonly OwnMeans _ownMeans = new();

    internal IStartMeans Choose(ServiceDescriptor? descriptor) =>
        descriptor is null ? _ownMeans
        : systemd is not null && descriptor.SystemdUnit is not null ? systemd
        : descriptor.Arguments.Count > 0 ? process
        : _ownMeans;

    /// <summary>Whether the bus can do anything to start it.</summary>
    internal bool CanStart(ServiceDescriptor descriptor) => Choose(descriptor) != _ownMeans;

    /// <summary>Whether there is any name of which <see cref="IsTakenToCome"/> holds.</summary>
    internal bool MayTakeToCome => systemd is not null;

    /// <summary>A name that needs no descriptor, as in dbus-daemon: who owns it comes by itself.</summary>
    internal bool IsTakenToCome(string name) => systemd is not null && name == SystemdMeans.SystemdName;
}
