using System.Xml.Linq;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Example;

/// <summary>The proposal's example (docs/example): three services on the bus, one calling the next.</summary>
[TestFixture]
internal sealed class ExampleTests
{
    private static readonly string[] Services = ["squeezed", "xenopsd", "xapi"];
    private static readonly string Directory = Path.Combine(Repository.Root, "docs", "example");
    private readonly Dictionary<string, ClientProcess> _services = [];
    private BrokerProcess? _broker;

    private string Address => _broker!.Address;

    [SetUp]
    public void Start_bus_and_services()
    {
        _broker = TestBroker.Start();
        foreach (string service in Services)
        {
            _services[service] = ClientProcess.Start(Address, "/usr/bin/python3", Path.Combine(Directory, $"{service}.py"));
        }

        foreach (string service in Services)
        {
            string[] name = ["--address", Address, "--timeout", "15", $"org.xen.xcp.{service}"];
            ClientResult wait = ClientProcess.Run(Address, "gdbus", ["wait", .. name]);
            Assert.That(wait.ExitCode, Is.Zero, wait.ToString);
        }
    }

    [TearDown]
    public void Stop_services_and_bus()
    {
        foreach (ClientProcess service in _services.Values)
        {
            service.Dispose();
        }

        _services.Clear();
        _broker?.Dispose();
    }

    [Test]
    public void A_call_of_xapi_goes_through_xenopsd_to_squeezed()
    {
        Assert.That(Call("xapi", "test"), Is.EqualTo("s \"VM debian-12 runs as domain 1\"\n"));
        Assert.That(_services["xapi"].WaitForLine("xapi:"), Does.EndWith("test()"));
        Assert.That(_services["xenopsd"].WaitForLine("xenopsd:"), Does.EndWith("VM_start(debian-12)"));
        Assert.That(
            _services["squeezed"].WaitForLine("squeezed:"),
            Does.EndWith("reserve_memory_range(524288, 1048576) -> (1048576, reservation-1)"));
        Assert.That(_services["squeezed"].WaitForLine("squeezed:"), Does.EndWith("transfer_reservation_to_domain(reservation-1, 1)"));
        Assert.That(_services["xenopsd"].WaitForLine("xenopsd:"), Does.EndWith("VM_start(debian-12) -> domain 1 with 1048576 KiB"));
    }

    [Test]
    public void The_error_of_the_last_service_reaches_the_first_caller()
    {
        _ = Call("squeezed", "reserve_memory_range", "tt", "0", "4194304");
        string[] xapi = ["--address", Address, "--dest", "org.xen.xcp.xapi", "--object-path", "/org/xen/xcp/xapi"];
        ClientResult result = ClientProcess.Run(Address, "gdbus", ["call", .. xapi, "--method", "org.xen.xcp.xapi.test"]);
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Errors, Does.Contain("org.xen.xcp.squeezed.Error.NotEnoughMemory: 524288 KiB wanted, 0 KiB free"));
    }

    [TestCaseSource(nameof(Services))]
    public void A_service_implements_exactly_its_interface_file(string service)
    {
        XDocument written = XDocument.Load(Path.Combine(Directory, $"org.xen.xcp.{service}.xml"));
        Assert.That(Methods(Introspect(service), service), Is.EqualTo(Methods(written, service)));
    }

    [Test]
    public void One_command_does_it_all()
    {
        string binary = $"XCP_BROKER_BINARY={XcpBrokerProcess.Binary}";
        ClientResult result = ClientProcess.Run(Address, "env", binary, Path.Combine(Directory, "run"));
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(result.Output, Does.Contain("s \"VM debian-12 runs as domain 1\""));
        Assert.That(result.Output, Does.Contain(".reserve_memory_range           method    tt        ts"));
        Assert.That(result.Errors, Does.Contain("squeezed: transfer_reservation_to_domain(reservation-1, 1)"));
    }

    private string Call(string service, string method, params IEnumerable<string> arguments)
    {
        string[] callee = [$"org.xen.xcp.{service}", $"/org/xen/xcp/{service}", $"org.xen.xcp.{service}"];
        ClientResult result = ClientProcess.Run(Address, "busctl", [$"--address={Address}", "call", .. callee, method, .. arguments]);
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        return result.Output;
    }

    private XDocument Introspect(string service)
    {
        string[] callee = ["--dest", $"org.xen.xcp.{service}", "--object-path", $"/org/xen/xcp/{service}"];
        return XDocument.Parse(ClientProcess.Run(Address, "gdbus", ["introspect", "--xml", "--address", Address, .. callee]).Output);
    }

    /// <summary>Methods with their arguments: direction, type, name (dbus-python names nothing that comes out).</summary>
    private static IEnumerable<string> Methods(XDocument document, string service) => document
        .Descendants("interface")
        .Single(element => (string?)element.Attribute("name") == $"org.xen.xcp.{service}")
        .Elements()
        .Select(member => $"{member.Name} {member.Attribute("name")?.Value}({string.Join(", ", member.Elements("arg").Select(Argument))})")
        .Order(StringComparer.Ordinal);

    private static string Argument(XElement argument) => argument.Attribute("direction")?.Value == "out"
        ? $"out {argument.Attribute("type")?.Value}"
        : $"in {argument.Attribute("type")?.Value} {argument.Attribute("name")?.Value}";
}
