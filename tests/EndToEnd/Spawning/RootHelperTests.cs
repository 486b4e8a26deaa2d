using System.Diagnostics;
using XcpBroker.Activation;
using XcpBroker.Protocol;
using XcpBroker.Spawning.Helper;
using XcpBroker.Startup;

namespace XcpBroker.EndToEnd.Spawning;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RootHelperTests : IDisposable
{
    private readonly SpawningStage _stage = new();
    private readonly UserAccount _bus;
    private HelperProcess? _helper;

    public RootHelperTests()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root has a root helper");
        Assert.That(HostUsers.Find("daemon", out UserAccount? account), Is.Zero);
        _bus = account!;
        Directory.CreateDirectory(_stage.In("services"));
    }

    public void Dispose()
    {
        _stage.Processes.Dispose();
        _helper?.End();
        _stage.Dispose();
    }

    [Test]
    public void CVE_2012_3524_it_starts_what_the_descriptor_says_as_the_user_that_it_says_with_a_clean_environment()
    {
        Describe("org.example.A", "/bin/sh -c \"id -un; env; pwd\"", "User=nobody\n");
        SpawningStage.Outcome outcome = Start(Starter(), "org.example.A");

        Assert.That(outcome.Exit, Is.EqualTo(new ServiceExit(0, 0)));
        List<string> lines = _stage.Log.ReadUntil("org.example.A: /");
        Assert.That(lines, Does.Contain("org.example.A: nobody").And.Contain("org.example.A: DBUS_STARTER_ADDRESS=unix:path=/bus"));
        Assert.That(lines.Where(line => line.Contains('=')), Has.All.Match("(DBUS_STARTER_ADDRESS|PWD|OLDPWD|SHLVL|_)="), "the shell adds its own");
    }

    [Test]
    public void Without_User_it_is_the_buss()
    {
        Describe("org.example.A", "/bin/sh -c \"id -un; id -G\"");
        SpawningStage.Outcome outcome = Start(Starter(), "org.example.A");

        Assert.That(outcome.Exit.Status, Is.Zero);
        Assert.That(_stage.Log.ReadUntil($"org.example.A: {string.Join(' ', _bus.Groups)}"), Does.Contain("org.example.A: daemon"));
    }

    [TestCase("chown nobody services/org.example.A.service", ErrorNames.SpawnFileInvalid, "it is not root's alone to write")]
    [TestCase("chmod 666 services/org.example.A.service", ErrorNames.SpawnFileInvalid, "it is not root's alone to write")]
    [TestCase("chmod 664 services/org.example.A.service", ErrorNames.SpawnFileInvalid, "it is not root's alone to write")]
    [TestCase("chmod 777 services", ErrorNames.SpawnFileInvalid, "is not root's alone to write")]
    [TestCase("chown nobody services", ErrorNames.SpawnFileInvalid, "is not root's alone to write")]
    [TestCase("rm services/*; mkfifo services/org.example.A.service", ErrorNames.SpawnFileInvalid, "it is not a regular file")]
    [TestCase("rm services/*", ErrorNames.SpawnServiceNotFound, "org.example.A.service")]
    [TestCase("rm -r services", ErrorNames.SpawnServiceNotFound, "org.example.A.service")]
    [TestCase("sed -i s/Name=.*/Name=org.example.B/ services/*", ErrorNames.SpawnServiceNotValid, "another Name than org.example.A")]
    [TestCase("sed -i /Exec/d services/*", ErrorNames.SpawnServiceNotValid, "no Exec")]
    [TestCase("echo text >services/org.example.A.service", ErrorNames.SpawnFileInvalid, "org.example.A.service: ")]
    [TestCase("head -c 200000 /dev/zero >>services/org.example.A.service", ErrorNames.SpawnFileInvalid, "is longer than 131072 bytes")]
    [TestCase("echo User=no-such-user >>services/org.example.A.service", ErrorNames.SpawnFailedToSetup, "there is no user no-such-user")]
    [TestCase("sed -i s,Exec=.*,Exec=/no/such, services/*", ErrorNames.SpawnExecFailed, "cannot execute /no/such: No such file or directory")]
    public void What_others_can_write_or_nobody_can_run_is_refused(string change, string name, string message)
    {
        Describe("org.example.A", "/bin/true");
        Run($"cd '{_stage.Directory}' && {change}");

        DBusError error = Start(Starter(), "org.example.A").Error;

        Assert.That(error.Name, Is.EqualTo(name), error.Message);
        Assert.That(error.Message, Does.Contain(message));
    }

    [Test]
    public void The_descriptor_is_read_when_the_service_is_started()
    {
        HelperStarter starter = Starter();
        Describe("org.example.A", "/bin/sh -c \"exit 1\"");
        Assert.That(Start(starter, "org.example.A").Exit.Status, Is.EqualTo(1));
        Describe("org.example.A", "/bin/sh -c \"exit 2\"");
        Assert.That(Start(starter, "org.example.A").Exit.Status, Is.EqualTo(2));
    }

    [Test]
    public void What_it_started_it_kills_when_asked_and_not_when_signals_fly()
    {
        Describe("org.example.A", "/bin/sh -c \"echo here; exec sleep 1000\"", "User=nobody\n");
        SpawningStage.Outcome outcome = new();
        IStartedService service = Starter().Start(Named("org.example.A"), outcome);
        _ = _stage.Log.ReadUntil("here");
        Run($"kill -TERM {_helper!.Pid}; kill -INT {_helper.Pid}; kill -HUP {_helper.Pid}");

        service.Kill();

        Assert.That(outcome.Exit, Is.EqualTo(new ServiceExit(0, 9)));
    }

    [Test]
    public void Anything_but_a_request_ends_its_service_and_the_files_stay_as_long_as_the_bus()
    {
        File.WriteAllText(_stage.In("pid"), "");
        _helper = Helper();
        Assert.That(PacketSocket.Send(_helper.Socket, "\x05rm -rf /"u8, null, 0), Is.Zero);

        Assert.That(PacketSocket.Receive(_helper.Socket, new byte[10], out _), Is.Zero);
        Assert.That(File.Exists(_stage.In("pid")), Is.True);
        _helper.End();
        _helper = null;
        Assert.That(File.Exists(_stage.In("pid")), Is.False);
    }

    [Test]
    public void A_service_whose_output_finds_no_descriptor_is_ended_and_the_next_one_is_not()
    {
        Describe("org.example.A", "/bin/sleep 1000");
        Describe("org.example.B", "/bin/sh -c \"echo here; exit 5\"");
        HelperStarter starter = Starter();
        OpenFileLimit limit = OpenFileLimit.Read();
        Assert.That(Start(starter, "org.example.B").Exit.Status, Is.EqualTo(5));
        Assert.That((limit with { Soft = 3 }).Set(), Is.Zero);
        try
        {
            Assert.That(Start(starter, "org.example.A").Exit, Is.EqualTo(new ServiceExit(0, 9)));
        }
        finally
        {
            Assert.That(limit.Set(), Is.Zero);
        }

        Assert.That(Start(starter, "org.example.B").Exit.Status, Is.EqualTo(5));
    }

    [Test]
    public void A_number_that_is_taken_ends_it()
    {
        Describe("org.example.A", "/bin/sleep 1000");
        _helper = Helper();
        byte[] request = new HelperRequest(HelperRequestKind.Start, 1, "org.example.A").ToPacket();
        Assert.That(PacketSocket.Send(_helper.Socket, request, null, 0), Is.Zero);
        byte[] answer = new byte[HelperAnswer.MaxSize];
        int length = PacketSocket.Receive(_helper.Socket, answer, out _);
        Assert.That(HelperAnswer.TryParse(answer.AsSpan(0, length), out HelperAnswer made), Is.True);
        Assert.That(PacketSocket.Send(_helper.Socket, request, null, 0), Is.Zero);

        Assert.That(PacketSocket.Receive(_helper.Socket, answer, out _), Is.LessThanOrEqualTo(0));
        Run($"kill {made.Pid}");
    }

    [Test]
    public void When_it_is_lost_those_who_wait_are_told_and_so_is_who_comes_later()
    {
        Describe("org.example.A", "/bin/sh -c \"echo here; exec sleep 1000\"");
        HelperStarter starter = Starter();
        SpawningStage.Outcome waiting = Start(starter, "org.example.A");
        string made = _stage.Log.ReadUntil("here").First(line => line.Contains("started: process"));
        Run($"kill -KILL {_helper!.Pid}");

        Assert.That(waiting.Error, Is.EqualTo(new DBusError(ErrorNames.SpawnFailed, "the root helper, which starts services, answers no more")));
        Assert.That(Start(starter, "org.example.A").Error.Name, Is.EqualTo(ErrorNames.SpawnFailed));
        _ = _stage.Log.ReadUntil("the root helper answers no more");
        Run($"kill {made.Split(' ')[^1]}");
    }

    [Test]
    public void At_the_end_it_removes_the_files_of_the_bus_and_no_others()
    {
        File.WriteAllText(_stage.In("pid"), "1");
        File.WriteAllText(_stage.In("bus"), "");
        HelperProcess helper = Helper();
        Assert.That(PacketSocket.Send(helper.Socket, new HelperRequest(HelperRequestKind.Start, 1, "org.example.None").ToPacket(), null, 0), Is.Zero);
        Assert.That(PacketSocket.Receive(helper.Socket, new byte[HelperAnswer.MaxSize], out _), Is.Positive, "it has seen the files by now");
        File.Move(_stage.In("bus"), _stage.In("kept")); // not deleted: its inode would be used again within its time of birth's resolution
        File.WriteAllText(_stage.In("bus"), "");

        helper.End();

        Assert.That(File.Exists(_stage.In("pid")), Is.False);
        Assert.That(File.Exists(_stage.In("bus")), Is.True, "another one has taken its place");
    }

    [Test]
    public void Nobody_but_root_can_be_one()
    {
        Run($"cp '{SpawningStage.Program.Path}' '{_stage.In("binary")}'; chmod 755 '{_stage.Directory}' '{_stage.In("binary")}'");

        Assert.That(
            Run($"setpriv --reuid nobody --clear-groups '{_stage.In("binary")}' {RootHelper.Option} name=x user=1 group=1 2>&1 </dev/null || echo $?"),
            Does.Contain("for internal use").And.EndWith("1\n"));
    }

    private HelperStarter Starter()
    {
        _helper = Helper();
        return new HelperStarter(_stage.Bus, _stage.Processes, _helper.Socket, _stage.Log);
    }

    private HelperProcess Helper() => HelperProcess.Start(SpawningStage.Spawner, new HelperOptions
    {
        BusAccount = _bus,
        ServiceDirectories = [_stage.In("services")],
        Environment = new Dictionary<string, string> { ["DBUS_STARTER_ADDRESS"] = "unix:path=/bus" },
        RemovedAtEnd = [_stage.In("pid"), _stage.In("bus")],
    });

    private void Describe(string name, string exec, string more = "") =>
        File.WriteAllText(_stage.In($"services/{name}.service"), $"[D-BUS Service]\nName={name}\nExec={exec}\n{more}");

    // Nothing of the command but the name may have any effect.
    private static ServiceCommand Named(string name) => SpawningStage.Script("echo not this; exit 99") with { Name = name, User = "root" };

    private static SpawningStage.Outcome Start(HelperStarter starter, string name)
    {
        SpawningStage.Outcome outcome = new();
        _ = starter.Start(Named(name), outcome);
        return outcome;
    }

    private static string Run(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
