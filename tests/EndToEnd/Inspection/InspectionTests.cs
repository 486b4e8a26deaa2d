using XcpBroker.EndToEnd.Example;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Inspection;

/// <summary>The services of the example (docs/example), as people look at them: with busctl, Wireshark and d-feet.</summary>
[TestFixture]
internal sealed class InspectionTests
{
    private const string Service = "org.xen.xcp.storage";
    private const string ServicePath = "/org/xen/xcp/storage";

    /// <summary>d-feet has to start a display, a session bus and the accessibility service first.</summary>
    private static readonly TimeSpan ViewerPatience = TimeSpan.FromMinutes(3);

    private readonly ExampleServices _services = new();
    private BrokerProcess? _broker;

    private string Address => _broker!.Address;

    /// <summary>Kept: CI shows it.</summary>
    private static string Picture => Path.Combine(Repository.Root, "artifacts", "d-feet.png");

    [OneTimeSetUp]
    public void Start_bus_and_services()
    {
        _services.Build();
        _broker = TestBroker.Start();
        _services.Start(Address);
    }

    [OneTimeTearDown]
    public void Stop_services_and_bus()
    {
        _services.Dispose();
        _broker?.Dispose();
    }

    [Test]
    public void Busctl_shows_the_objects_of_services_in_every_language()
    {
        string tree = Busctl("tree", "--list", "org.xen.xcp.xapi", "org.xen.xcp.xenopsd", Service);
        Assert.That(tree.Split('\n'), Is.SupersetOf(["/org/xen/xcp/xapi", "/org/xen/xcp/xenopsd", ServicePath]));
    }

    [Test]
    public void Busctl_shows_the_members_of_a_service()
    {
        string[] lines = Busctl("introspect", Service, ServicePath, Service).Split('\n');
        Assert.That(lines, Has.Some.Matches(@"^\.VDI_attach +method +su +s +-"));
        Assert.That(lines, Has.Some.Matches(@"^\.VDI_detach +method +s +- +-"));
    }

    [Test]
    public void Wireshark_reads_a_capture_message_by_message()
    {
        string[] fields = ["message_type", "sender", "destination", "path", "interface", "member", "error_name", "signature", "type.string"];
        string columns = string.Concat(fields.Select(field => $" -e dbus.{field}"));
        string pipeline = $"busctl --address='{Address}' capture | tshark -l -n -r - -T fields -E separator='|'{columns} -e _ws.expert.message";
        using ClientProcess capture = ClientProcess.Start(Address, "sh", "-c", pipeline);
        _ = capture.WaitForLine("Monitoring bus message stream.");

        ClientResult refused = ClientProcess.Run(
            Address, "busctl", $"--address={Address}", "call", Service, ServicePath, Service, "VDI_attach", "su", "no such disk", "1");

        Assert.That(refused.ExitCode, Is.Not.Zero);
        Assert.That(
            capture.WaitForLine("VDI_attach"),
            Does.Match($@"^1\|:[0-9.]+\|{Service}\|{ServicePath}\|{Service}\|VDI_attach\|\|su\|no such disk\|$"));
        Assert.That(
            capture.WaitForLine("UnknownVDI"),
            Does.Match($@"^3\|:[0-9.]+\|:[0-9.]+\|\|\|\|{Service}.Error.UnknownVDI\|s\|no VDI 'no such disk'\|$"));
    }

    [Test]
    public void D_feet_shows_a_service_down_to_its_methods()
    {
        string script = Path.Combine(Repository.Root, "tests", "EndToEnd", "Inspection", "dfeet.py");
        string[] display = ["-a", "-s", "-screen 0 1024x768x24 -noreset", "dbus-run-session", "--"];
        File.Delete(Picture);

        using ClientProcess viewer = ClientProcess.Start("", "xvfb-run", [.. display, "/usr/bin/python3", script, Address, Service, Picture]);
        ClientResult result = viewer.WaitForExit(ViewerPatience);

        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        Assert.That(
            result.Output.Split('\n'),
            Is.SupersetOf(["VDI_attach (String vdi, UInt32 domid) ↦ (String device)", "VDI_detach (String vdi) ↦ ()"]));
        Assert.That(File.ReadAllBytes(Picture).AsSpan(1, 3).SequenceEqual("PNG"u8), "a picture was taken");
        TestContext.AddTestAttachment(Picture, "d-feet on our bus");
    }

    private string Busctl(params IEnumerable<string> arguments)
    {
        ClientResult result = ClientProcess.Run(Address, "busctl", [$"--address={Address}", .. arguments]);
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
        return result.Output;
    }
}
