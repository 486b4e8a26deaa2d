using XcpBroker.Activation;
using XcpBroker.Config.Services;
using XcpBroker.Protocol;

namespace XcpBroker.Spawning.Helper;

/// <summary>What the root helper runs for a request: from a descriptor that is root's, and from what it was told at its start.</summary>
internal static class HelperCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="kind">What is asked for.</param>
    /// <param name="service">The descriptor.</param>
    /// <param name="options">What the helper was told.</param>
    /// <param name="spawner">Makes commands of this binary.</param>
    /// <param name="command">What is to be run; null: nothing.</param>
    /// <param name="user">Whom it runs as; null: as the command says, and without that as root.</param>
    /// <returns>Why nothing.</returns>
    internal static DBusError TryMake(
        HelperRequestKind kind, ServiceDescriptor service, HelperOptions options, ChildSpawner spawner, out ChildCommand? command, out string? user)
    {
        command = null;
        user = null;
        switch (kind)
        {
            case HelperRequestKind.Start when service.Arguments.Count > 0:
                user = service.User;
                command = new ChildCommand
                {
                    Arguments = ChildCommand.Encode(service.Arguments),
                    Environment = options.Environment,
                    Account = options.BusAccount,
                };
                return default;
            case HelperRequestKind.StartUnit when service.SystemdUnit is { } unit && options.SystemBus is { } address:
                command = spawner.StartUnit(new SystemUnit(unit, address));
                return default;
            case HelperRequestKind.StartDomain when service.Domain is { } domain && options.DomainStarter is { } starter:
                command = new ChildCommand { Arguments = ChildCommand.Encode(starter.Fill(domain, service.Name)), Environment = options.Environment };
                return default;
            default:
                string missing = kind switch
                {
                    HelperRequestKind.StartUnit => "SystemdService",
                    HelperRequestKind.StartDomain => "X-XCP-Domain, or the helper no <domainstarter>",
                    _ => "Exec",
                };
                return new DBusError(ErrorNames.SpawnServiceNotValid, $"{service.FilePath}: it has no {missing}");
        }
    }
}
