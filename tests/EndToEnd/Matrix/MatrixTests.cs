using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Matrix;

/// <summary>Eight client libraries, each as a service and as a client, on one bus, each calling each.</summary>
/// <remarks>The interface file beside this one says what a check does. Each library meets itself on dbus-daemon too: a check that
/// fails there as well is the fault of the library or of its program.</remarks>
[TestFixture]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
[Parallelizable(ParallelScope.Children)]
internal sealed class MatrixTests
{
    private readonly Workshop _workshop = new();
    private readonly MatrixReport _report = new();
    private BrokerProcess? _broker;
    private BrokerProcess? _control;
    private int _names;

    private static IEnumerable<TestCaseData> Pairs() =>
        from client in Library.All
        from service in Library.All
        select new TestCaseData(client, service).SetArgDisplayNames(client.Name, service.Name);

    private static IEnumerable<TestCaseData> Inabilities() =>
        from library in Library.All
        from inability in library.Cannot
        select new TestCaseData(library, inability.Check).SetArgDisplayNames(library.Name, inability.Check);

    [OneTimeSetUp]
    public void Make_the_programs_and_start_the_brokers()
    {
        _workshop.MakeAll();
        _broker = TestBroker.Start();
        _control = TestBroker.Start("dbus-daemon", new Dictionary<string, long>());
    }

    [OneTimeTearDown]
    public void Stop_the_brokers_and_report()
    {
        _report.Write();
        _broker?.Dispose();
        _control?.Dispose();
        _workshop.Dispose();
    }

    [TestCaseSource(nameof(Pairs))]
    public void A_client_of_one_library_calls_a_service_of_another(Library client, Library service) => Meet(_broker!, client, service);

    [TestCaseSource(typeof(Library), nameof(Library.All))]
    public void On_dbus_daemon_too_a_library_gets_on_with_itself(Library library) => Meet(_control!, library, library);

    [TestCaseSource(nameof(Inabilities))]
    public void On_dbus_daemon_too_a_library_cannot_what_it_cannot(Library library, string check)
    {
        string name = NextName();
        using ClientProcess serving = Start(_control!, Library.All[0], withAddon: false, "serve", name);
        _ = serving.WaitForLine("ready");
        using ClientProcess failing = Start(_control!, library, withAddon: false, "call", name, check);
        ClientResult result = failing.WaitForExit();
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Errors, Does.Contain(library.Cannot.Single(inability => inability.Check == check).Says));
    }

    private void Meet(BrokerProcess broker, Library client, Library service)
    {
        string[] said = [.. Library.Sittings(client, service).SelectMany(checks => Sit(broker, client, service, checks)).Distinct()];
        _report.Add(broker.Name, client, service, said);
    }

    /// <summary>One process of each; what the client said.</summary>
    private string[] Sit(BrokerProcess broker, Library client, Library service, string[] checks)
    {
        string name = NextName();
        bool withAddon = checks.Contains(Library.Descriptors);
        using ClientProcess serving = Start(broker, service, withAddon, "serve", name);
        _ = serving.WaitForLine("ready");
        using ClientProcess calling = Start(broker, client, withAddon, ["call", name, .. checks]);
        ClientResult result = calling.WaitForExit();
        Assert.That(broker.HasExited, Is.False, () => broker.Log);
        Assert.That(result.ExitCode, Is.Zero, () => $"{result}{service} as the service:\n{serving.Printed}");
        string[] said = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(said.Select(line => line.Split(':')[0]), Is.EqualTo(checks.Select(check => $"ok {check}")), result.ToString);
        Assert.That(serving.WaitForExit().ExitCode, Is.Zero, "the service left by itself");
        TestContext.Out.Write(result.Output);
        return said;
    }

    private string NextName() => $"org.xen.xcp.Matrix1.n{Interlocked.Increment(ref _names)}";

    private ClientProcess Start(BrokerProcess broker, Library library, bool withAddon, params IEnumerable<string> arguments)
    {
        string[] command = _workshop.Command(library);
        string[] addon = withAddon && library.HasAddon ? [$"NODE_PATH={_workshop.AddonFolder}"] : [];
        string[] environment = [$"MATRIX_INTERFACE={Workshop.InterfaceFile}", .. addon];
        return ClientProcess.Start(broker.Address, "env", [.. environment, .. command, .. arguments]);
    }
}
