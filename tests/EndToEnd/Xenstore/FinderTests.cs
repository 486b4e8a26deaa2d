using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Interop;

namespace XcpBroker.EndToEnd.Xenstore;

/// <summary>A domain that knows nothing but its xenstore: forwarder and doctor find the bus there, also the next one.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class FinderTests : IDisposable
{
    private readonly XenstoreStage _stage = new();
    private readonly ReservedPort _port = new();

    public FinderTests()
    {
        _stage.Store.Introduce(5, XenstoreStage.Uuid, "nfs-1");
        _stage.Serve("xenstored", 0);
        _stage.Serve("xenbus", 5);
    }

    public void Dispose()
    {
        _stage.Dispose();
        _port.Dispose();
    }

    [Test]
    public void The_doctor_says_where_it_has_found_the_bus_and_which_domain_it_is()
    {
        _stage.StartBus(port: _port.Number);
        ShellResult doctor = _stage.Shell.Run("exec env XENSTORED_PATH=$D/xenbus timeout 30 $B doctor");

        Assert.That(doctor.ExitCode, Is.Zero, doctor.ToString);
        Assert.That(doctor.Output, Does.Match($"address       tcp:host=127.0.0.1,port={_port.Number},guid=[0-9a-f]{{32}} \\(xenstore, xcp-bus/address\\)"));
        Assert.That(doctor.Output, Does.Contain("accepted by XCP_TOKEN").And.Contain("DomainId=5").And.Contain("DomainName=nfs-1"));
    }

    [Test]
    public void With_an_address_that_is_said_the_token_is_still_xenstores()
    {
        (_, string address) = _stage.StartBus(port: _port.Number);
        _stage.Await(() => _stage.Token(5) is not null, "the domain was not told");
        ShellResult doctor = _stage.Shell.Run($"exec env XENSTORED_PATH=$D/xenbus timeout 30 $B doctor --address='{address.Split(';').Single(one => one.StartsWith("tcp", StringComparison.Ordinal))}'");

        Assert.That(doctor.Output, Does.Contain("accepted by XCP_TOKEN").And.Contain("(option --address)"), doctor.ToString);
    }

    [Test]
    public void A_forwarder_that_is_there_first_serves_once_the_domain_is_told_and_the_next_bus_too([Values(null, "nobody")] string? user)
    {
        Assume.That(user is null || Environment.IsPrivilegedProcess, "only root has a root helper");
        _ = _stage.Shell.Start("exec env XENSTORED_PATH=$D/xenbus $B forward --listen=unix:path=forward 2>>forward.log");
        Process early = _stage.Shell.Start($"{Shell.Listening("forward")}; exec dbus-send --bus=unix:path=$D/forward --dest=org.freedesktop.DBus --print-reply=literal / org.freedesktop.DBus.GetId");
        (Process broker, _) = _stage.StartBus(user, _port.Number);
        string id = Shell.ReadLine(early.StandardOutput).Trim();
        Assert.That(id, Has.Length.EqualTo(32), Forwarded);

        string token = _stage.Token(5)!;
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        _ = _stage.StartBus(user, _port.Number);
        string next = _stage.Shell.BusId($"unix:path={_stage.Shell.Directory}/forward");

        Assert.That(next, Has.Length.EqualTo(32).And.Not.EqualTo(id), Forwarded);
        Assert.That(_stage.Token(5), Is.Not.EqualTo(token));
    }

    [Test]
    public void After_a_reboot_the_forwarder_has_another_token_without_being_told()
    {
        _stage.StartBus(port: _port.Number);
        _ = _stage.Shell.Start("exec env XENSTORED_PATH=$D/xenbus $B forward --listen=unix:path=forward 2>>forward.log");
        _stage.Shell.AwaitListener("forward");
        Assert.That(_stage.Shell.BusId($"unix:path={_stage.Shell.Directory}/forward"), Has.Length.EqualTo(32), Forwarded);

        // The same number at once: what the forwarder holds is of the boot before.
        _stage.Store.Release(5, isSilent: true);
        _stage.Store.Introduce(5, XenstoreStage.Uuid, "nfs-1");
        Assert.That(_stage.Shell.BusId($"unix:path={_stage.Shell.Directory}/forward"), Has.Length.EqualTo(32), Forwarded);
        _stage.AwaitLog("domid 5, is no more");
    }

    [Test]
    public void Two_hundred_clients_of_a_forwarder_that_asks_xenstore_are_within_12_MiB()
    {
        _stage.StartBus(port: _port.Number);
        Process forwarder = _stage.Shell.Start("exec env XENSTORED_PATH=$D/xenbus $B forward --listen=unix:path=forward 2>>forward.log");
        ShellResult memory = _stage.Shell.Run($"""
            {Shell.Listening("forward")}
            exec /usr/bin/python3 -c "
            import dbus, dbus.bus, os
            clients = [dbus.bus.BusConnection('unix:path=' + os.environ['D'] + '/forward') for _ in range(200)]
            for line in open('/proc/{forwarder.Id}/status'):
                if line.startswith('VmRSS'): print(line.split()[1])
            "
            """);

        TestContext.Out.WriteLine($"VmRSS with 200 clients: {memory.Output.Trim()} KiB");
        Assert.That(memory.ExitCode, Is.Zero, memory.ToString);
        Assert.That(int.Parse(memory.Output, null), Is.LessThan(12 * 1024));
    }

    [Test]
    public void Where_nothing_is_said_the_doctor_says_so_after_a_while()
    {
        ShellResult doctor = _stage.Shell.Run("exec env XENSTORED_PATH=$D/xenbus timeout 30 $B doctor");

        Assert.That((doctor.ExitCode, doctor.Error), Is.EqualTo((1, doctor.Error)));
        Assert.That(doctor.Error, Does.Contain("xenstore has no xcp-bus/address for this domain"));
    }

    [Test]
    public void In_dom0_the_doctor_looks_where_it_always_has()
    {
        _stage.Store.Write("/local/domain/0/domid", "0");
        ShellResult doctor = _stage.Shell.Run("exec env XENSTORED_PATH=$D/xenstored XDG_RUNTIME_DIR=$D timeout 30 $B doctor");

        Assert.That(doctor.Output, Does.Contain("where a bus of this user listens by default"), doctor.ToString);
    }

    private string Forwarded() => File.ReadAllText(_stage.Shell.In("forward.log")) + _stage.Log;
}
