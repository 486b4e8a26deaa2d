using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config;
using XcpBroker.Reloading;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>A bus with two domains, nfs and web, beside users of the host.</summary>
internal abstract class DomainFixture : BusFixture
{
    private string _policies = "";
    private LimitOptions? _limits;
    private BrokerOptions? _next;

    /// <summary>What lets a domain say anything at all, and hear answers.</summary>
    internal const string Basics = """
        <policy domain="*">
          <allow send_destination="org.freedesktop.DBus"/><allow receive_sender="org.freedesktop.DBus"/>
          <allow send_type="method_return"/><allow send_type="error"/><allow receive_type="method_return"/><allow receive_type="error"/>
        </policy>
        """;

    internal const string Domains = """
        <domain name="nfs" uuid="0123abcd-89ab-cdef-0123-456789abcdef" type="storage"><source tcp="10.0.0.1"/><source vsock-cid="7"/></domain>
        <domain name="web"><source tcp="10.0.0.2"/></domain>
        """;

    /// <summary>Begins anew with these rules beside those that let users of the host do everything, and domains talk to the bus.</summary>
    private protected void Rules(string policies = "", string domains = Domains, Func<LimitOptions, LimitOptions>? limits = null)
    {
        _policies = policies;
        _limits = limits?.Invoke(DefaultLimits.Embedded);
        BusConfiguration configuration = Read(policies, domains);
        ConfigurationSource source = new() { Read = () => new ConfigurationReading(_next, null) };
        Broker.Dispose();
        Broker = new InMemoryBroker(_limits, configuration.Policy, source: source, domains: configuration.Domains);
    }

    /// <summary>Reads a configuration again that has these domains now, and the same rules unless there are others.</summary>
    private protected void Reload(string domains, string? policies = null)
    {
        BusConfiguration configuration = Read(policies ?? _policies, domains);
        _next = InMemoryBroker.Options(_limits, configuration.Policy, configuration.Domains);
        Broker.Bus.Reloader.Request();
        Broker.Run();
    }

    internal static BusConfiguration Read(string policies = "", string domains = Domains) =>
        PolicyFixture.ReadAll(domains + PolicyFixture.Open + Basics + policies, "xcp");
}
