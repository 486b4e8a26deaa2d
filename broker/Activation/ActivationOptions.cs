using XcpBroker.Config.Services;
using XcpBroker.Protocol;

namespace XcpBroker.Activation;

/// <summary>What a bus needs to know and to have in order to start services. The default starts nothing.</summary>
internal sealed record ActivationOptions
{
    /// <summary>What can be started at first.</summary>
    internal ServiceCatalog Catalog { get; init; } = ServiceCatalog.Empty;

    /// <summary>Runs programs.</summary>
    internal IServiceStarter Starter { get; init; } = new NoStarter();

    /// <summary>The environment of services.</summary>
    internal ActivationEnvironment Environment { get; init; } = new([], null);

    /// <summary>--systemd-activation.</summary>
    internal bool UsesSystemd { get; init; }

    /// <summary>The system bus, where the host's systemd is asked for units; null: it is not asked.</summary>
    internal string? SystemBus { get; init; }

    /// <summary>What starts domains; null: nothing does.</summary>
    internal DomainStarter? DomainStarter { get; init; }

    /// <summary>Whether UpdateActivationEnvironment is allowed to whoever is privileged; not on a system bus.</summary>
    internal bool MayChangeEnvironment { get; init; } = true;

    private sealed class NoStarter : IServiceStarter, IStartedService
    {
        public IStartedService Start(ServiceCommand command, IServiceEvents events)
        {
            events.StartFailed(DBusError.NotSupported("This bus runs no programs."));
            return this;
        }

        public void Kill()
        {
        }
    }
}
