using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Activation;

/// <summary>Units of the host's systemd, asked for on the system bus: dbus-daemon is that bus, and a python program systemd.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SystemBusTests : IDisposable
{
    private const string Service = "org.example.A";
    private const string Limits = "<limit name='service_start_timeout'>8000</limit>";

    private readonly ActivationStage _stage = new();
    private Process? _bus;
    private Process? _systemd;

    public void Dispose() => _stage.Dispose();

    [TestCase("done.service")]
    [TestCase("early.service")]
    public void A_unit_is_started_and_the_service_in_it_answers(string unit)
    {
        Start(unit, "");
        File.WriteAllText(_stage.In(unit), $"DBUS_STARTER_ADDRESS='{_stage.Address}' exec /usr/bin/python3 {ActivationStage.Program} {Service}\n");

        Assert.That(_stage.Call(Service, "Echo", "variant:string:word"), Does.Contain("word"));
        Assert.That(Said(2), Does.Contain($"StartUnit({unit},replace) from uid {_stage.Run("id -u").Output.Trim()}"));
        Assert.That(_stage.Run("busctl --address=$A --no-pager --no-legend --activatable list").Output, Does.Contain(Service));
    }

    // What the caller is told, and with which error.
    [TestCase("failed", "Spawn.Failed", "The job for failed.service failed")]
    [TestCase("canceled", "Spawn.Failed", "was canceled")]
    [TestCase("timeout", "TimedOut", "The job for timeout.service timed out")]
    [TestCase("dependency", "Spawn.Failed", "A dependency of dependency.service failed")]
    [TestCase("skipped", "Spawn.Failed", "was skipped")]
    [TestCase("odd", "Spawn.Failed", "ended as \"odd\"")]
    [TestCase("missing", "org.freedesktop.systemd1.NoSuchUnit", "Unit missing.service not found.")]
    [TestCase("denied", "Spawn.PermissionsInvalid", "Permission denied")]
    [TestCase("polkit", "Spawn.PermissionsInvalid", "Interactive authentication required")]
    public void A_job_that_is_not_done_is_an_error_of_the_start(string kind, string error, string text)
    {
        Start($"{kind}.service", "");

        Assert.That(_stage.Call(Service, "Pid"), Does.Contain(error).And.Contain(text));
    }

    [TestCase("silent")]
    [TestCase("forever")]
    public void A_job_without_end_takes_no_longer_than_a_service_may(string kind)
    {
        Start($"{kind}.service", "<limit name='service_start_timeout'>1500</limit>");

        Assert.That(_stage.Call(Service, "Pid"), Does.Contain("TimedOut").And.Contain("service_start_timeout"));
        Assert.That(() => _stage.Run($"pgrep -f 'internal-start-uni[t] {kind}.service'").Output, Is.Empty.After(10).Seconds.PollEvery(50).MilliSeconds);
    }

    [Test]
    public void A_system_bus_that_is_not_there_is_named()
    {
        _stage.Describe(Service, "SystemdService=done.service").Start(type: "xcp", prefix: "export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$D/none;");

        Assert.That(_stage.Call(Service, "Pid"), Does.Contain("Spawn.Failed").And.Contain("system bus").And.Contain("/none").And.Contain("No such file"));
    }

    [Test]
    public void A_system_bus_without_systemd_is_named()
    {
        Start("done.service", Limits);
        Kill(_systemd!);

        Assert.That(_stage.Call(Service, "Pid"), Does.Contain("Spawn.Failed").And.Contain("done.service").And.Contain("ServiceUnknown"));
    }

    [Test]
    public void A_system_bus_that_hangs_is_a_start_that_takes_too_long()
    {
        Start("done.service", "<limit name='service_start_timeout'>1500</limit>");
        _stage.Run($"kill -STOP {_bus!.Id}");
        try
        {
            Assert.That(_stage.Call(Service, "Pid"), Does.Contain("TimedOut"));
        }
        finally
        {
            _stage.Run($"kill -CONT {_bus.Id}");
        }
    }

    [TestCase("silent", false)]
    [TestCase("forever", true)]
    public void A_system_bus_that_dies_meanwhile_is_named(string kind, bool hasJob)
    {
        Start($"{kind}.service", Limits);
        Process call = _stage.Begin($"exec dbus-send --bus=$A --reply-timeout=15000 --dest={Service} --print-reply / org.example.Activated.Pid 2>&1");
        Assert.That(Said(2), Does.Contain("StartUnit"), hasJob ? "a job" : "no answer");
        Kill(_bus!);

        Assert.That(call.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20)).Result, Does.Contain("Spawn.Failed").And.Contain("the bus ended the connection"));
    }

    [Test]
    public void A_program_is_preferred_and_false_is_none_as_descriptors_for_systemd_write_it()
    {
        _stage.Describe("org.example.B", "Exec={PROGRAM} org.example.B", "SystemdService=missing.service");
        Start("missing.service", "", "Exec=/bin/false");

        Assert.That(_stage.Call("org.example.B", "Echo", "variant:string:word"), Does.Contain("word"));
        Assert.That(_stage.Call(Service, "Pid"), Does.Contain("NoSuchUnit"));
    }

    [Test]
    public void A_session_bus_runs_what_dbus_daemon_runs()
    {
        Start("missing.service", "", "Exec=/bin/false", type: "session");

        Assert.That(_stage.Call(Service, "Pid"), Does.Contain("Spawn.ChildExited"));
    }

    [Test]
    public void A_bus_that_is_not_root_any_more_has_the_root_helper_ask()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root can become another user");
        _stage.OpenToOthers();
        Start("early.service", "<user>daemon</user>");
        File.WriteAllText(_stage.In("early.service"), $"DBUS_STARTER_ADDRESS='{_stage.Address}' exec /usr/bin/python3 {ActivationStage.Program} {Service}\n");

        Assert.That(_stage.Call(Service, "Echo", "variant:string:word"), Does.Contain("word"));
        Assert.That(Said(2), Does.Contain("StartUnit(early.service,replace) from uid 0"));
    }

    /// <summary>Starts the system bus, systemd, and a bus with a service of that unit.</summary>
    private void Start(string unit, string limits, string more = "", string type = "xcp")
    {
        File.WriteAllText(
            _stage.In("system.conf"),
            $"<busconfig><type>custom</type><listen>unix:path={_stage.In("system")}</listen><policy context='default'><allow user='*'/><allow own='*'/>"
            + "<allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>");
        _bus = _stage.Begin("exec dbus-daemon --config-file=$D/system.conf --nofork --print-address");
        string address = Shell.ReadLine(_bus.StandardOutput);
        string program = Path.Combine(Path.GetDirectoryName(ActivationStage.Program)!, "fake_manager.py");
        _systemd = _stage.Begin($"exec /usr/bin/python3 {program} '{address}' $D");
        Assert.That(Shell.ReadLine(_systemd.StandardOutput), Is.EqualTo("ready"));
        _stage.Describe(Service, $"SystemdService={unit}", more).Start(type: type, limits: limits, prefix: $"export DBUS_SYSTEM_BUS_ADDRESS='{address}';");
    }

    private string Said(int lines) => string.Join('\n', Enumerable.Range(0, lines).Select(_ => Shell.ReadLine(_systemd!.StandardOutput)));

    private static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }
}
