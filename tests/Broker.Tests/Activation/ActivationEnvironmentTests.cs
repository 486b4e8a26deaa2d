using XcpBroker.Activation;

namespace XcpBroker.Broker.Tests.Activation;

public sealed class ActivationEnvironmentTests
{
    private static readonly Dictionary<string, string> Own = new()
    {
        ["PATH"] = "/bin",
        ["NOTIFY_SOCKET"] = "/run/notify",
        ["LISTEN_FDS"] = "1",
        ["LISTEN_PID"] = "1",
        ["LISTEN_FDNAMES"] = "bus",
        ["JOURNAL_STREAM"] = "8:1",
        ["INVOCATION_ID"] = "00",
        ["WATCHDOG_USEC"] = "1",
        ["WATCHDOG_PID"] = "1",
        ["DBUS_STARTER_BUS_TYPE"] = "system",
    };

    [TestCase("session", "DBUS_SESSION_BUS_ADDRESS,DBUS_STARTER_ADDRESS,DBUS_STARTER_BUS_TYPE,PATH")]
    [TestCase("system", "DBUS_STARTER_ADDRESS,DBUS_STARTER_BUS_TYPE,DBUS_SYSTEM_BUS_ADDRESS,PATH")]
    [TestCase("xcp", "DBUS_STARTER_ADDRESS,PATH")]
    [TestCase(null, "DBUS_STARTER_ADDRESS,PATH")]
    public void A_service_learns_of_its_bus_and_nothing_of_the_brokers_own_business(string? type, string names)
    {
        ActivationEnvironment environment = new(Own, type) { Address = "unix:path=/run/bus" };
        IReadOnlyDictionary<string, string> built = environment.Build();

        Assert.That(string.Join(',', built.Keys.Order(StringComparer.Ordinal)), Is.EqualTo(names));
        Assert.That(built["DBUS_STARTER_ADDRESS"], Is.EqualTo("unix:path=/run/bus"));
    }

    [Test]
    public void What_is_set_later_counts_for_later_services_but_the_address_is_the_buss()
    {
        ActivationEnvironment environment = new(Own, null) { Address = "unix:path=/run/bus" };
        IReadOnlyDictionary<string, string> before = environment.Build();
        environment.Set("PATH", "/sbin");
        environment.Set("DBUS_STARTER_ADDRESS", "elsewhere");

        Assert.That(before["PATH"], Is.EqualTo("/bin"));
        Assert.That(environment.Build()["PATH"], Is.EqualTo("/sbin"));
        Assert.That(environment.Build()["DBUS_STARTER_ADDRESS"], Is.EqualTo("unix:path=/run/bus"));
    }
}
