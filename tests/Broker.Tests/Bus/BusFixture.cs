using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus;

/// <summary>A test with a broker of its own; at its end every peer goes, and nothing of theirs may be left.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal abstract class BusFixture : IDisposable
{
    private protected InMemoryBroker Broker { get; set; } = new();

    [TearDown]
    public void Nothing_is_left_when_all_are_gone()
    {
        Broker.Bus.Shutdown();
        Broker.Run();
        Assert.That(Broker.Leftovers(), Is.Empty);
    }

    public void Dispose() => Broker.Dispose();
}
