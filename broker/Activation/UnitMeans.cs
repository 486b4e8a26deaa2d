namespace XcpBroker.Activation;

/// <summary>Has the host's systemd start the unit of a descriptor: the bus is a client of the system bus for that.</summary>
/// <remarks>
/// Only where the service has no program of its own and this is a private bus: dbus-daemon without --systemd-activation runs Exec=, and the
/// units that descriptors of session buses name are those of users.
/// </remarks>
internal sealed class UnitMeans(IServiceStarter starter, string systemBus) : IStartMeans
{
    public void Begin(PendingStart start)
    {
        ServiceCommand command = new()
        {
            Kind = StartKind.Unit,
            Name = start.Name,
            DescriptorPath = start.Descriptor!.FilePath,
            Unit = new SystemUnit(start.Descriptor.SystemdUnit!, systemBus),
            Arguments = [],
            Environment = new Dictionary<string, string>(),
        };
        IStartedService process = starter.Start(command, start);
        if (!start.IsOver)
        {
            start.Process = process;
        }
    }
}
