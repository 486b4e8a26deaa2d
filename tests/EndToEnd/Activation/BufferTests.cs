using System.Diagnostics;
using XcpBroker.EndToEnd.Example;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Activation;

/// <summary>Messages that wait for a peer that is not there: the quick start of README.md, and the example without anything running.</summary>
internal sealed class BufferTests
{
    private const string Storage = "org.xen.xcp.storage";

    [Test]
    public void A_call_blocks_while_nobody_is_there_and_returns_when_the_service_is_started_by_hand()
    {
        using ActivationStage stage = new ActivationStage().Describe(Storage, "X-XCP-Buffer=yes").Start(type: "xcp");
        Process call = stage.Begin($"exec busctl --address=$A call {Storage} / org.example.Activated Echo v s word");
        Process signal = stage.Begin($"exec dbus-send --bus=$A --type=signal --dest={Storage} / org.example.Activated.Told");
        Assert.That(signal.WaitForExit(TimeSpan.FromSeconds(20)), Is.True);
        Assert.That(call.HasExited, Is.False);
        stage.Begin($"DBUS_STARTER_ADDRESS=$A exec /usr/bin/python3 {ActivationStage.Program} {Storage}");

        Assert.That(Shell.ReadLine(call.StandardOutput), Is.EqualTo("v s \"word\""));
        Assert.That(stage.Call(Storage, "Heard"), Does.Contain("Told"));
    }

    [Test]
    public void Nobody_waits_longer_than_the_descriptor_says()
    {
        using ActivationStage stage = new ActivationStage().Describe(Storage, "X-XCP-Buffer=yes", "X-XCP-BufferTimeout=300ms").Start(type: "xcp");

        Assert.That(stage.Call(Storage, "Pid"), Does.Contain("org.freedesktop.DBus.Error.TimedOut").And.Contain("0.3 s"));
        Assert.That(stage.ErrorOf($"busctl --address=$A --auto-start=no call {Storage} / org.example.Activated Pid"), Is.Not.Empty);
    }

    [Test]
    public void Names_below_a_prefix_of_the_configuration_need_no_descriptor()
    {
        using ActivationStage stage = new ActivationStage().Start(type: "xcp", limits: "<buffer own_prefix='org.xen.xcp' timeout='30s'/>");
        Process call = stage.Begin($"exec busctl --address=$A call {Storage} / org.example.Activated Echo v s word");
        Assert.That(() => stage.Run("exec $B buffers list --address=$A").Output, Does.StartWith($"{Storage}: 1 messages").After(10).Seconds.PollEvery(50).MilliSeconds);
        stage.Begin($"DBUS_STARTER_ADDRESS=$A exec /usr/bin/python3 {ActivationStage.Program} {Storage}");

        Assert.That(Shell.ReadLine(call.StandardOutput), Is.EqualTo("v s \"word\""));
        Assert.That(stage.Run("exec $B buffers list --address=$A").Output, Is.Empty);
        stage.AwaitLog("a call may wait for 30 s, and run when its caller has given up");
    }

    [Test]
    public void A_signal_for_all_waits_for_a_name_that_has_subscribed_to_it()
    {
        using ActivationStage stage = new ActivationStage().Describe(Storage, "X-XCP-Subscribe=interface='org.example.Activated',member='Told'").Start(type: "xcp");
        stage.Run("dbus-send --bus=$A --type=signal / org.example.Activated.Told; dbus-send --bus=$A --type=signal / org.example.Activated.Other");
        Assert.That(stage.Run("exec $B buffers list --address=$A").Output, Does.StartWith($"{Storage}: 1 messages"));
        stage.Begin($"DBUS_STARTER_ADDRESS=$A exec /usr/bin/python3 {ActivationStage.Program} {Storage}");

        Assert.That(stage.Call(Storage, "Heard"), Does.Contain("Told").And.Not.Contain("Other"));
    }

    [Test]
    public void The_check_of_a_configuration_looks_at_the_descriptors_too()
    {
        using ActivationStage stage = new ActivationStage().Describe(Storage, "X-XCP-Buffer=yes", "X-XCP-BufferTimeout=30s").Describe("org.xen.xcp.xapi", "Exec='").Start();
        ShellResult check = stage.Run($"exec $B config check {stage.In("bus.conf")}");

        Assert.That(check.Output, Does.EndWith(" 1 services, 2 warnings\n"));
        Assert.That(check.Error, Does.Contain($"{Storage}.service: a call may wait for 30 s").And.Contain("xapi.service: Exec: a quote is not closed"));
    }

    [Test]
    public void A_dbus_python_client_that_resolves_first_waits_too()
    {
        using ActivationStage stage = new ActivationStage().Describe(Storage, "X-XCP-Buffer=yes").Start(type: "xcp");
        Process call = stage.Begin(
            $"exec /usr/bin/python3 -c \"import dbus.bus as b; print(b.BusConnection('$A').get_object('{Storage}', '/').Pid(dbus_interface='org.example.Activated'))\"");
        stage.Begin($"sleep 0.5; DBUS_STARTER_ADDRESS=$A exec /usr/bin/python3 {ActivationStage.Program} {Storage}");

        Assert.That(Shell.ReadLine(call.StandardOutput), Does.Match("^[0-9]+$"));
    }

    [Test]
    public void An_operator_sees_what_waits_and_drops_it()
    {
        using ActivationStage stage = new ActivationStage().Describe(Storage, "X-XCP-Buffer=yes").Start(type: "xcp");
        stage.Run($"dbus-send --bus=$A --type=signal --dest={Storage} / org.example.Activated.Told string:word");

        Assert.That(stage.Run("exec $B buffers list --address=$A").Output, Does.Match($"^{Storage}: 1 messages, [0-9]+ bytes, .*nobody"));
        Assert.That(stage.Run($"exec $B buffers show {Storage} --address=$A").Output, Does.Contain("signal").And.Contain("org.example.Activated.Told(s)"));
        Assert.That(stage.Run($"exec $B buffers purge {Storage} --address=$A").Output, Is.EqualTo("1 messages dropped\n"));
        ShellResult none = stage.Run("exec $B buffers purge org.example.None --address=$A");
        Assert.That((none.ExitCode, none.Error), Is.EqualTo((1, none.Error)));
        Assert.That(none.Error, Does.Contain("has no buffer"));
        Assert.That(stage.Run("exec $B buffers show --address=$A").Error, Does.Contain("expected a name after 'show'"));
        Assert.That(stage.Run("exec $B buffers").Error, Does.Contain("expected 'list' after 'buffers'"));
    }

    [TestCase("busctl --address=$A call org.xen.xcp.xapi /org/xen/xcp/xapi org.xen.xcp.xapi test")]
    [TestCase("/usr/bin/python3 -c \"import dbus.bus as b; print(b.BusConnection('$A').get_object('org.xen.xcp.xapi', '/org/xen/xcp/xapi').test(dbus_interface='org.xen.xcp.xapi'))\"")]
    public void One_call_starts_all_services_of_the_example(string call)
    {
        using ExampleServices services = new();
        services.Build();
        using ActivationStage stage = new();
        foreach (string service in ExampleServices.Names)
        {
            stage.Describe($"org.xen.xcp.{service}", $"Exec={services.Program(service)}", "X-XCP-Buffer=yes");
        }

        stage.Start(type: "xcp");
        ShellResult result = stage.Run(call);

        Assert.That(result.Output, Does.Contain("VM debian-12 runs as domain 1"), result.Error);
        stage.AwaitLog("transfer_reservation_to_domain");
        string[] ids = [.. ExampleServices.Names.Select(service => stage.Run(
            $"exec busctl --address=$A call org.freedesktop.DBus / org.freedesktop.DBus GetConnectionUnixProcessID s org.xen.xcp.{service}").Output[2..].Trim())];
        Assert.That(ids.Where(IsRunning), Has.Exactly(4).Items);

        stage.StopBus();
        Assert.That(() => ids.Where(IsRunning), Is.Empty.After(30).Seconds.PollEvery(50).MilliSeconds, "a service outlives its bus");
    }

    // A process that has ended and was not waited for has no program either.
    private static bool IsRunning(string pid) => new FileInfo($"/proc/{pid}/exe").LinkTarget is not null;
}
