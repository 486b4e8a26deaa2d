using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Clients;

/// <summary>busctl (sd-bus): authentication and Hello in one write, credentials, introspection, monitoring.</summary>
[TestFixture]
internal sealed class BusctlTests : ClientFixture
{
    [Test]
    public void List_shows_names_with_their_processes()
    {
        string[] lines = Busctl("list", "--no-legend").Split('\n');
        Assert.That(lines, Has.Some.Matches($"^{Service} +{ServicePid} +python3 "));
        Assert.That(lines, Has.Some.Matches("^org.freedesktop.DBus +\\d+ "));
        Assert.That(lines, Has.Some.Matches("^:1\\.\\d+ +\\d+ +busctl "));
    }

    [Test]
    public void List_shows_unique_and_activatable_names_when_asked()
    {
        Assert.That(Busctl("list", "--unique", "--no-legend"), Does.Not.Contain(Service).And.Match(":1\\.\\d+"));
        Assert.That(Busctl("list", "--activatable", "--no-legend"), Does.Not.Contain(Service));
    }

    [Test]
    public void Status_shows_the_credentials_of_a_service() =>
        Assert.That(Busctl("status", Service), Does.Contain($"PID={ServicePid}\n").And.Contain("EUID=").And.Contain("UniqueName=:1."));

    [Test]
    public void Status_without_a_name_shows_the_bus() => Assert.That(Busctl("status"), Does.Match("BusID=[0-9a-f]{32}\n"));

    [Test]
    public void Tree_shows_the_objects_of_a_service()
    {
        string[] paths = Busctl("tree", "--list", Service).Split('\n');
        Assert.That(paths, Is.SupersetOf([ServicePath]));
    }

    [Test]
    public void Tree_shows_the_object_of_the_bus() =>
        Assert.That(Busctl("tree", "--list", "org.freedesktop.DBus").Split('\n'), Is.SupersetOf(["/org/freedesktop/DBus"]));

    [Test]
    public void Introspect_shows_methods_and_signals_of_a_service()
    {
        string[] members = Members("--no-legend", "introspect", Service, ServicePath, Service);
        Assert.That(members, Is.SupersetOf([".Announced signal s", ".Echo method v v", ".Fail method s -", ".Open method - h"]));
    }

    [Test]
    public void Introspect_shows_of_the_bus_what_it_shows_of_dbus_daemon()
    {
        using BrokerProcess reference = TestBroker.Start("dbus-daemon", new Dictionary<string, long>());
        string[] theirs = Members("--address=" + reference.Address, "introspect", "org.freedesktop.DBus", "/org/freedesktop/DBus");
        Assert.That(Members("introspect", "org.freedesktop.DBus", "/org/freedesktop/DBus"), Is.SupersetOf(theirs));
    }

    [Test]
    public void Call_prints_the_reply() =>
        Assert.That(
            Busctl("call", Service, ServicePath, Service, "Echo", "v", "(sau)", "x", "2", "1", "2"),
            Is.EqualTo("v (sau) \"x\" 2 1 2\n"));

    [Test]
    public void Call_prints_the_error()
    {
        ClientResult result = Run("busctl", "--address=" + Address, "call", Service, ServicePath, Service, "Fail", "s", "why");
        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(result.Errors, Does.Contain("why"));
    }

    [Test]
    public void Get_property_of_the_bus() =>
        Assert.That(
            Busctl("get-property", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Interfaces"),
            Does.StartWith("as ").And.Contain("\"org.freedesktop.DBus.Monitoring\""));

    [Test]
    public void Monitor_shows_a_call_and_its_reply()
    {
        using ClientProcess monitor = Begin("busctl", $"--address={Address}", "monitor");
        _ = monitor.WaitForLine("Monitoring bus message stream.");
        _ = Busctl("call", Service, ServicePath, Service, "Echo", "v", "s", "seen by busctl");
        Assert.That(monitor.WaitForLine("Member=Echo"), Does.Contain($"Path={ServicePath}").And.Contain($"Interface={Service}"));
        _ = monitor.WaitForLine("seen by busctl");
        _ = monitor.WaitForLine("Type=method_return");
    }

    [Test]
    public void Monitor_of_a_service_shows_what_concerns_it()
    {
        using ClientProcess monitor = Begin("busctl", $"--address={Address}", "monitor", Service);
        _ = monitor.WaitForLine("Monitoring bus message stream.");
        _ = Busctl("call", Service, ServicePath, Service, "Announce", "s", "for all");
        _ = monitor.WaitForLine("Member=Announce");
        _ = monitor.WaitForLine("Member=Announced");
    }

    [Test]
    public void Capture_writes_a_pcap_of_what_it_sees()
    {
        string file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pcap");
        using (ClientProcess capture = Begin("sh", "-c", $"exec busctl --address='{Address}' capture > '{file}'"))
        {
            _ = capture.WaitForLine("Monitoring bus message stream.");
            _ = Busctl("call", Service, ServicePath, Service, "Echo", "v", "s", "captured text");
            Assert.That(() => File.ReadAllBytes(file).AsSpan().IndexOf("captured text"u8), Is.Positive.After(20).Seconds.PollEvery(20).MilliSeconds);
            capture.Signal("INT");
            _ = capture.WaitForExit();
        }

        byte[] bytes = File.ReadAllBytes(file);
        File.Delete(file);
        int interfaceBlock = BitConverter.ToInt32(bytes, 4);
        Assert.That(BitConverter.ToUInt32(bytes), Is.EqualTo(0x0a0d0d0a), "pcapng: section header");
        Assert.That(BitConverter.ToUInt16(bytes, interfaceBlock + 8), Is.EqualTo(231), "pcapng: link type D-Bus");
        Assert.That(bytes.AsSpan().IndexOf("captured text"u8), Is.Positive);
    }

    private string Busctl(params IEnumerable<string> arguments) => Succeed("busctl", [$"--address={Address}", .. arguments]);

    /// <summary>Lines of "introspect": name, kind, signatures; without values and flags.</summary>
    private string[] Members(params IEnumerable<string> arguments) =>
        [.. Busctl(arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => words[1] == "interface" ? "interface" : string.Join(' ', words[1] == "method" ? words[..4] : words[..3]))];
}
