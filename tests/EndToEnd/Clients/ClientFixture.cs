using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Clients;

/// <summary>A broker for all tests of a fixture, and the service org.xen.xcp.test (dbus-python) on it.</summary>
internal abstract class ClientFixture
{
    protected const string Service = "org.xen.xcp.test";
    protected const string ServicePath = "/org/xen/xcp/test";

    private static readonly string Scripts = Path.Combine(Repository.Root, "tests", "EndToEnd", "Clients");
    private BrokerProcess? _broker;
    private ClientProcess? _service;

    protected string Address => _broker!.Address;

    protected int ServicePid => _service!.Pid;

    [OneTimeSetUp]
    public void Start_broker_and_service()
    {
        _broker = TestBroker.Start();
        _service = Begin("/usr/bin/python3", Path.Combine(Scripts, "service.py"));
        _ = _service.WaitForLine("ready");
    }

    [OneTimeTearDown]
    public void Stop_service_and_broker()
    {
        _service?.Dispose();
        _broker?.Dispose();
    }

    [TearDown]
    public void The_broker_still_runs() => Assert.That(_broker!.HasExited, Is.False, () => _broker.Log);

    protected static string Script(string name) => Path.Combine(Scripts, name);

    protected ClientProcess Begin(string program, params IEnumerable<string> arguments) => ClientProcess.Start(Address, program, arguments);

    protected ClientResult Run(string program, params IEnumerable<string> arguments) => ClientProcess.Run(Address, program, arguments);

    /// <summary>dbus-send with a call of the bus or of our service, waiting for the reply.</summary>
    protected ClientResult DbusSend(string destination, string path, string member, params IEnumerable<string> values) =>
        Run("dbus-send", [$"--bus={Address}", "--print-reply", $"--dest={destination}", path, member, .. values]);

    /// <summary>Runs a program that must succeed; what it printed.</summary>
    protected string Succeed(string program, params IEnumerable<string> arguments)
    {
        ClientResult result = Run(program, arguments);
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        return result.Output;
    }
}
