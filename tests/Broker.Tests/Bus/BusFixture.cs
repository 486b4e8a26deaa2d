using XcpBroker.Config;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus;

/// <summary>A test with a broker of its own; at its end every peer goes, and nothing of theirs may be left.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal abstract class BusFixture : IDisposable
{
    private protected const string NameChanges = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'";

    private protected InMemoryBroker Broker { get; set; } = new();

    /// <summary>Begins anew with other limits.</summary>
    private protected void Limit(Func<LimitOptions, LimitOptions> change)
    {
        Broker.Dispose();
        Broker = new InMemoryBroker(change(DefaultLimits.Embedded));
    }

    [TearDown]
    public void Nothing_is_left_when_all_are_gone()
    {
        Broker.Bus.Shutdown();
        Broker.Run();
        Assert.That(Broker.Leftovers(), Is.Empty);
    }

    public void Dispose() => Broker.Dispose();
}
