using XcpBroker.Config.Services;

namespace XcpBroker.Activation;

/// <summary>Runs the program of a descriptor.</summary>
internal sealed class ProcessMeans(IServiceStarter starter, ActivationEnvironment environment) : IStartMeans
{
    public void Begin(PendingStart start)
    {
        ServiceDescriptor descriptor = start.Descriptor!;
        ServiceCommand command = new()
        {
            Name = descriptor.Name,
            DescriptorPath = descriptor.FilePath,
            Arguments = descriptor.Arguments,
            User = descriptor.User,
            Environment = environment.Build(),
        };
        IStartedService process = starter.Start(command, start);
        if (!start.IsOver)
        {
            start.Process = process;
        }
    }
}
