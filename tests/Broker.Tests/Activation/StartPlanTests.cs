using XcpBroker.Activation;
using XcpBroker.Config.Services;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Activation;

/// <summary>Which way a descriptor is started: docs/configuration.md has the same table.</summary>
internal sealed class StartPlanTests
{
    // Exec, SystemdService, whether systemd is a peer, whether the system bus may be asked, and the way.
    [TestCase("/bin/a", null, false, true, "program")]
    [TestCase("/bin/a", "a.service", false, true, "program")]
    [TestCase("/bin/a", "a.service", true, true, "peer")]
    [TestCase("/bin/false", "a.service", false, true, "unit")]
    [TestCase("/bin/false", "a.service", false, false, "program")]
    [TestCase("/bin/false", null, false, true, "program")]
    [TestCase(null, "a.service", false, true, "unit")]
    [TestCase(null, "a.service", true, true, "peer")]
    [TestCase(null, "a.service", false, false, "none")]
    [TestCase(null, null, true, true, "none")]
    [TestCase("/bin/a", null, true, true, "program")]
    public void The_way_depends_on_the_descriptor_and_on_the_bus(string? exec, string? unit, bool isPeer, bool hasSystemBus, string way)
    {
        Named program = new();
        Named peer = new();
        UnitMeans units = new(new FakeStarter(), "unix:path=/none");
        StartPlan plan = new(program) { Activator = isPeer ? peer : null, Unit = hasSystemBus ? units : null };
        ServiceDescriptor descriptor = new()
        {
            Name = "org.example.A",
            FilePath = "/a.service",
            Arguments = exec is null ? [] : [exec],
            SystemdUnit = unit,
        };
        IStartMeans chosen = plan.Choose(descriptor);

        Assert.That(chosen == program ? "program" : chosen == peer ? "peer" : chosen == units ? "unit" : "none", Is.EqualTo(way));
        Assert.That(plan.CanStart(descriptor), Is.EqualTo(way != "none"));
    }

    private sealed class Named : IStartMeans
    {
        public void Begin(PendingStart start)
        {
        }
    }
}
