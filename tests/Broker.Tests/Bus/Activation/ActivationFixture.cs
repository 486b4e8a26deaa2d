using XcpBroker.Activation;
using XcpBroker.Auth.Policy;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Services;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

/// <summary>A bus that can start org.example.Service and some others, by a starter that runs nothing.</summary>
internal abstract class ActivationFixture : BusFixture
{
    private protected const string Service = "org.example.Service";
    private protected const string Other = "org.example.Other";
    private protected const string OwnMeans = "org.example.OwnMeans";
    private protected const string Unit = "org.example.Unit";

    private protected static readonly TimeSpan StartTimeout = DefaultLimits.Embedded.ServiceStartTimeout;

    private protected ActivationFixture() => Begin();

    private protected FakeStarter Starter { get; private set; } = new();

    private protected void Begin(
        Func<LimitOptions, LimitOptions>? change = null, Func<ActivationOptions, ActivationOptions>? options = null, PolicySet? policy = null,
        IReadOnlyList<DomainDeclaration>? domains = null)
    {
        Broker.Dispose();
        Starter = new FakeStarter();
        ServiceCatalog catalog = ServiceCatalog.Of(
            Describe(Service) with { Arguments = ["/bin/service", "--bus"], User = "nobody" },
            Describe(Other) with { Arguments = ["/bin/other"] },
            Describe(OwnMeans),
            Describe(Unit) with { Arguments = ["/bin/unit"], SystemdUnit = "example.service" });
        ActivationOptions starting = new() { Catalog = catalog, Starter = Starter };
        Broker = new InMemoryBroker(
            change is null ? DefaultLimits.Embedded : change(DefaultLimits.Embedded), policy, options is null ? starting : options(starting), domains: domains);
    }

    /// <summary>The program has ended.</summary>
    private protected void End(FakeProcess process, int status, int signal = 0)
    {
        process.Events.Ended(new ServiceExit(status, signal));
        Broker.Run();
    }

    private protected static ServiceDescriptor Describe(string name) => new() { Name = name, FilePath = $"/services/{name}.service" };
}
