using System.Xml.Linq;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Example;

/// <summary>The proposal's example (docs/example): four services in three languages on the bus, one calling the next.</summary>
[TestFixture]
internal sealed class ExampleTests
{
    private readonly ExampleServices _services = new();
    private BrokerProcess? _broker;

    private string Address => _broker!.Address;

    [OneTimeSetUp]
    public void Compile_what_is_not_Python() => _services.Build();

    [OneTimeTearDown]
    public void Delete_the_programs() => _services.Dispose();

    [SetUp]
    public void Start_bus_and_services()
    {
        _broker = TestBroker.Start();
        _services.Start(Address);
    }

    [TearDown]
    public void Stop_services_and_bus()
    {
        _services.Stop();
        _broker?.Dispose();
    }

    [Test]
    public void A_call_of_xapi_goes_through_xenopsd_to_storage_and_squeezed()
    {
        Assert.That(Call("xapi", "test"), Is.EqualTo("s \"VM debian-12 runs as domain 1\"\n"));
        Assert.That(_services["xapi"].WaitForLine("xapi:"), Does.EndWith("test()"));
        Assert.That(_services["xenopsd"].WaitForLine("xenopsd:"), Does.EndWith("VM_start(debian-12)"));
        Assert.That(_services["storage"].WaitForLine("storage:"), Does.EndWith("VDI_attach(debian-12-root, 1) -> xvda"));
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
        Assert.That(Fail("xapi", "test"), Does.Contain("org.xen.xcp.squeezed.Error.NotEnoughMemory: 524288 KiB wanted, 0 KiB free"));
        Assert.That(_services["storage"].WaitForLine("storage:"), Does.EndWith("VDI_attach(debian-12-root, 1) -> xvda"));
        Assert.That(_services["storage"].WaitForLine("storage:"), Does.EndWith("VDI_detach(debian-12-root)"));
    }

    [Test]
    public void An_error_passes_from_OCaml_through_C_and_Python()
    {
        _ = Call("xapi", "test");
        Assert.That(Fail("xapi", "test"), Does.Contain("org.xen.xcp.storage.Error.VDIInUse: 'debian-12-root' is attached to domain 1"));
        Assert.That(Fail("xenopsd", "VM_start", "none"), Does.Contain("org.xen.xcp.storage.Error.UnknownVDI: no VDI 'none-root'"));
    }

    [TestCaseSource(typeof(ExampleServices), nameof(ExampleServices.Names))]
    public void A_service_implements_exactly_its_interface_file(string service)
    {
        XDocument written = XDocument.Load(Path.Combine(ExampleServices.Sources, $"org.xen.xcp.{service}.xml"));
        Assert.That(Methods(Introspect(service), service), Is.EqualTo(Methods(written, service)));
    }

    [Test]
    public void One_command_does_it_all()
    {
        string binary = $"XCP_BROKER_BINARY={XcpBrokerProcess.Binary}";
        using ClientProcess run = ClientProcess.Start(Address, "env", binary, Path.Combine(ExampleServices.Sources, "run"));
        ClientResult result = run.WaitForExit(ExampleServices.Patience);
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

    /// <summary>Calls by gdbus, which prints the error's name.</summary>
    private string Fail(string service, string method, params IEnumerable<string> arguments)
    {
        string[] callee = ["--address", Address, "--dest", $"org.xen.xcp.{service}", "--object-path", $"/org/xen/xcp/{service}"];
        ClientResult result = ClientProcess.Run(Address, "gdbus", ["call", .. callee, "--method", $"org.xen.xcp.{service}.{method}", .. arguments]);
        Assert.That(result.ExitCode, Is.Not.Zero, result.ToString);
        return result.Errors;
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
