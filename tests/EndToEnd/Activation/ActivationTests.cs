using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Activation;

/// <summary>Services that are started because somebody calls them: real programs, foreign clients.</summary>
internal sealed class ActivationTests
{
    private const string Service = "org.example.A";

    private static readonly string[] Brokers = ["$B", "dbus-daemon"];

    [TestCase("dbus-send --bus=$A --dest=org.example.A --print-reply=literal / org.example.Activated.Echo variant:string:word")]
    [TestCase("busctl --address=$A call org.example.A / org.example.Activated Echo v s word")]
    [TestCase("gdbus call --address=$A --dest=org.example.A --object-path=/ --method=org.example.Activated.Echo \"<'word'>\"")]
    public void A_call_starts_the_service_and_is_answered_by_it(string call)
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}").Start();

        // gdbus needs a unique name to be told first, as every client of a bus does; it says Hello itself.
        ShellResult result = stage.Run(call);

        Assert.That(result.Output, Does.Contain("word"), result.Error);
    }

    [Test]
    public void StartServiceByName_tells_whether_it_started_the_service_and_the_name_is_listed()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}").Start();
        const string Start = "busctl --address=$A call org.freedesktop.DBus / org.freedesktop.DBus StartServiceByName su org.example.A 0";

        Assert.That(stage.Run("busctl --address=$A --no-pager --no-legend --activatable list").Output, Does.Contain(Service));
        Assert.That(stage.Run(Start).Output, Is.EqualTo("u 1\n"));
        Assert.That(stage.Run(Start).Output, Is.EqualTo("u 2\n"));
    }

    [Test]
    public void Many_callers_at_once_start_one_process()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}").Start();
        ShellResult result = stage.Run(
            "for i in 1 2 3 4 5 6 7 8; do dbus-send --bus=$A --dest=org.example.A --print-reply=literal / org.example.Activated.Pid & done; wait");

        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(8), result.Error);
        Assert.That(lines.Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public void A_service_that_detaches_itself_is_waited_for()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service} detach").Start();

        Assert.That(stage.Call(Service, "Echo", "variant:string:word"), Does.Contain("word"));
    }

    [Test]
    public void Signals_and_calls_without_reply_start_the_service_too_and_reach_it()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}").Start();
        stage.Run("dbus-send --bus=$A --type=signal --dest=org.example.A / org.example.Activated.One");
        stage.Run("dbus-send --bus=$A --type=signal --dest=org.example.A / org.example.Activated.Two");

        Assert.That(stage.Call(Service, "Heard"), Does.Match("One\\s+Two"));
    }

    [Test]
    public void Who_does_not_want_a_service_started_does_not_start_it()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}").Start();
        ShellResult result = stage.Run("busctl --address=$A --auto-start=no call org.example.A / org.example.Activated Pid");

        Assert.That(result.ExitCode, Is.Not.Zero);
        Assert.That(stage.Run("busctl --address=$A --no-pager --no-legend --acquired list").Output, Does.Not.Contain(Service));
    }

    [Test]
    public void The_environment_is_the_brokers_less_what_is_its_own_with_the_address_and_what_was_set()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}");
        stage.Start(prefix: "export LISTEN_PID=1 LISTEN_FDNAMES=x WATCHDOG_USEC=1000000000 WATCHDOG_PID=1 JOURNAL_STREAM=1:2 INHERITED=yes;");
        stage.Run("DBUS_SESSION_BUS_ADDRESS=$A exec dbus-update-activation-environment SET_LATER=later");
        string[] environment = stage.Call(Service, "Environment").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);

        Assert.That(environment, Is.SupersetOf(new[]
        {
            $"DBUS_STARTER_ADDRESS={stage.Address}", "DBUS_STARTER_BUS_TYPE=session", $"DBUS_SESSION_BUS_ADDRESS={stage.Address}",
            "INHERITED=yes", "SET_LATER=later",
        }));
        Assert.That(string.Join(' ', environment), Does.Not.Contain("LISTEN_").And.Not.Contain("WATCHDOG").And.Not.Contain("JOURNAL_STREAM"));
    }

    [Test]
    public void A_bus_of_another_type_tells_its_address_alone()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}");
        stage.Start(type: "xcp", prefix: "unset DBUS_SESSION_BUS_ADDRESS DBUS_SYSTEM_BUS_ADDRESS;");
        string environment = stage.Call(Service, "Environment");

        Assert.That(environment, Does.Contain($"DBUS_STARTER_ADDRESS={stage.Address}"));
        Assert.That(environment, Does.Not.Contain("DBUS_STARTER_BUS_TYPE").And.Not.Contain("BUS_ADDRESS=unix:path=/run"));
    }

    // Exec, and what a caller of dbus-daemon gets.
    [TestCase("Exec=/bin/sh -c 'exit 3'", "org.freedesktop.DBus.Error.Spawn.ChildExited")]
    [TestCase("Exec=/bin/sh -c 'kill -11 $$'", "org.freedesktop.DBus.Error.Spawn.ChildSignaled")]
    [TestCase("Exec=/nowhere/program", "org.freedesktop.DBus.Error.Spawn.ExecFailed")]
    [TestCase("Exec=/bin/sleep 300", "org.freedesktop.DBus.Error.TimedOut")]
    [TestCase("Exec=/bin/true", "org.freedesktop.DBus.Error.TimedOut")]
    public void What_cannot_be_started_fails_as_with_dbus_daemon(string exec, string error)
    {
        // Only what waits for the end of the time is given a short one: the others end before it on the slowest machine.
        string limits = error.EndsWith("TimedOut", StringComparison.Ordinal) ? "<limit name='service_start_timeout'>1500</limit>" : "";
        const string Message = "dbus-send --bus=$A --dest=org.example.A --print-reply / org.example.Activated.Pid";
        const string Start = "dbus-send --bus=$A --dest=org.freedesktop.DBus --print-reply / org.freedesktop.DBus.StartServiceByName string:org.example.B uint32:0";
        using ActivationStage stage = new ActivationStage().Describe(Service, exec).Describe("org.example.B", exec);

        (string, string)[] errors = [.. Brokers.Select(broker =>
        {
            stage.Start(broker, limits: limits);
            return (stage.ErrorOf(Message), stage.ErrorOf(Start));
        })];
        Assert.That(errors[0], Is.EqualTo((error, error)));
        Assert.That(errors[1], Is.EqualTo((error, error)), "dbus-daemon");
    }

    [Test]
    public void A_descriptor_that_comes_and_goes_is_noticed_and_all_are_told()
    {
        using ActivationStage stage = new ActivationStage().Start();
        using RawPeer watcher = RawPeer.Connect(stage.Address);
        watcher.Call(RawPeer.Bus("AddMatch", "s"), body => body.WriteString("type='signal',member='ActivatableServicesChanged'"));
        const string List = "busctl --address=$A --no-pager --no-legend --activatable list";

        // It is there whole or not at all.
        File.WriteAllText(stage.In("new"), $"[D-BUS Service]\nName={Service}\nExec=/usr/bin/python3 {ActivationStage.Program} {Service}\n");
        File.Move(stage.In("new"), stage.In($"services/{Service}.service"));
        AwaitChange(watcher);
        Assert.That(stage.Call(Service, "Echo", "variant:string:word"), Does.Contain("word"));
        File.Delete(stage.In($"services/{Service}.service"));
        AwaitChange(watcher);
        Assert.That(() => stage.Run(List).Output, Does.Not.Contain(Service).After(20).Seconds.PollEvery(50).MilliSeconds);
    }

    // What the program does until somebody mends it, and the error meanwhile.
    [TestCase("exit 0", "TimedOut")]
    [TestCase("exit 1", "Spawn.ChildExited")]
    [TestCase("kill -11 $$", "Spawn.ChildSignaled")]
    [TestCase("exec sleep 300", "TimedOut")]
    [TestCase("exec {PROGRAM} org.example.Another", "TimedOut")]
    public void A_name_whose_service_fails_is_served_as_soon_as_that_is_mended(string failure, string error)
    {
        using ActivationStage stage = new();
        stage.Describe(Service, $"Exec=/bin/sh -c 'test -e {stage.In("mended")} && exec {{PROGRAM}} {Service}; {failure}'");
        stage.Start(limits: "<limit name='service_start_timeout'>4000</limit>");
        Assert.That(stage.Call(Service, "Pid"), Does.Contain(error));

        File.WriteAllText(stage.In("mended"), "");
        Assert.That(() => stage.Call(Service, "Echo", "variant:string:word"), Does.Contain("word").After(120).Seconds.PollEvery(200).MilliSeconds);
    }

    [Test]
    public void A_process_that_takes_too_long_is_killed()
    {
        using ActivationStage stage = new();
        stage.Describe(Service, "Exec=/bin/sleep 300");
        stage.Start(limits: "<limit name='service_start_timeout'>500</limit>");
        Assert.That(stage.Call(Service, "Pid"), Does.Contain("TimedOut"));

        const string Started = $"{Service} started: process ";
        stage.AwaitLog(Started);
        string pid = File.ReadAllText(stage.In("log")).Split(Started)[1].Split('\n')[0];
        Assert.That(() => Directory.Exists($"/proc/{pid}"), Is.False.After(10).Seconds.PollEvery(20).MilliSeconds);
    }

    [Test]
    public void What_services_write_is_in_the_log_with_their_name()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, "Exec=/bin/sh -c 'echo something; exit 3'").Start();
        stage.Call(Service, "Pid");

        stage.AwaitLog($"{Service}: something\n");
    }

    [Test]
    public void Systemd_as_a_peer_starts_units_and_says_which_it_cannot()
    {
        using ActivationStage stage = new ActivationStage()
            .Describe(Service, "Exec=/bin/false", "SystemdService=good.service")
            .Describe("org.example.B", "Exec=/bin/false", "SystemdService=bad.service")
            .Start("$B --systemd-activation");
        string systemd = Path.Combine(Path.GetDirectoryName(ActivationStage.Program)!, "fake_systemd.py");
        Process process = stage.Begin($"exec /usr/bin/python3 {systemd} $A '/usr/bin/python3 {ActivationStage.Program} {Service}'");
        Assert.That(Shell.ReadLine(process.StandardOutput), Is.EqualTo("ready"));

        Assert.That(stage.Call(Service, "Echo", "variant:string:word"), Does.Contain("word"));
        Assert.That(Shell.ReadLine(process.StandardOutput), Is.EqualTo("good.service"));
        Assert.That(stage.Call("org.example.B", "Pid"), Does.Contain("org.freedesktop.systemd1.NoSuchUnit").And.Contain("not found"));
    }

    [Test]
    public void The_next_owner_is_started_when_one_has_died()
    {
        using ActivationStage stage = new ActivationStage().Describe(Service, $"Exec={{PROGRAM}} {Service}").Start();
        string first = stage.Call(Service, "Pid");
        stage.Run($"kill -9 {first.Split(' ')[^1]}; while busctl --address=$A --no-pager --no-legend --acquired list | grep -q {Service}; do :; done");

        Assert.That(stage.Call(Service, "Pid"), Is.Not.EqualTo(first).And.Contain("uint32"));
    }

    private static void AwaitChange(RawPeer watcher)
    {
        while (watcher.Receive().Member != "ActivatableServicesChanged")
        {
        }
    }
}
