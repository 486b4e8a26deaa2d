using System.Diagnostics;
using XcpBroker.Activation;
using XcpBroker.Protocol;
using XcpBroker.Spawning;
using XcpBroker.Startup;

namespace XcpBroker.EndToEnd.Spawning;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DirectStarterTests : IDisposable
{
    private readonly SpawningStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [Test]
    public void A_service_has_its_own_session_the_given_environment_and_nothing_else_of_ours()
    {
        SpawningStage.Outcome outcome = Start(SpawningStage.Script(
            "tr '\\0' '\\n' </proc/$$/environ; echo; pwd; cut -d' ' -f1,6 /proc/$$/stat; ls /proc/$$/fd; (grep -E 'Sig(Blk|Ign)' /proc/self/status);"
            + " readlink /proc/$$/fd/0; echo $(ulimit -Sn) $(ulimit -Hn)"));

        Assert.That(outcome.Exit, Is.EqualTo(new ServiceExit(0, 0)));
        List<string> lines = Output(11);
        Assert.That(lines[..2], Is.EquivalentTo((string[])["PATH=/usr/bin:/bin", "UMLAUT=ä=b"]));
        Assert.That(lines[2..4], Is.EqualTo((string[])["", "/"]));
        string[] session = lines[4].Split(' ');
        Assert.That(session[0], Is.EqualTo(session[1]), "session");
        Assert.That(lines[5..8], Is.EqualTo((string[])["0", "1", "2"]), "descriptors");
        Assert.That(lines[8], Is.EqualTo("SigBlk:\t0000000000000000"));
        Assert.That(lines[9], Does.Match("SigIgn:\t0000000[01][08]0000000"), "but for the C library's own, 32 and 33, which its posix_spawn ignores");
        Assert.That(lines[10], Is.EqualTo("/dev/null"));
        Assert.That(Output(1), Is.EqualTo((string[])["777 888"]));
    }

    [Test]
    public void Arguments_are_passed_as_they_are()
    {
        SpawningStage.Outcome outcome = Start(SpawningStage.Command("/usr/bin/printf", "%s|", "a b", "", "--", "ä"));

        Assert.That(outcome.Exit.Status, Is.Zero);
        Assert.That(Output(1), Is.EqualTo((string[])["a b||--|ä|"]));
    }

    [TestCase("exit 3", 3, 0)]
    [TestCase("kill -TERM $$", 0, 15)]
    public void How_it_ended_is_told(string script, int status, int signal) =>
        Assert.That(Start(SpawningStage.Script(script)).Exit, Is.EqualTo(new ServiceExit(status, signal)));

    [TestCase("/no/such/program", "No such file or directory")]
    [TestCase("/etc/passwd", "Permission denied")]
    [TestCase("/etc", "Permission denied")]
    public void A_program_that_cannot_be_executed_is_named_and_why(string program, string reason)
    {
        DBusError error = Start(SpawningStage.Command(program)).Error;

        Assert.That(error, Is.EqualTo(new DBusError(ErrorNames.SpawnExecFailed, $"cannot execute {program}: {reason}")));
    }

    [Test]
    public void What_is_killed_ends_by_that()
    {
        SpawningStage.Outcome outcome = new();
        IStartedService service = _stage.Direct().Start(SpawningStage.Script("echo here; exec sleep 1000"), outcome);
        _ = _stage.Log.ReadUntil("here");

        service.Kill();

        Assert.That(outcome.Exit, Is.EqualTo(new ServiceExit(0, 9)));
        service.Kill();
    }

    [Test]
    public void A_service_of_another_user_has_that_users_groups()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root can");
        SpawningStage.Outcome outcome = Start(SpawningStage.Script("id -u; id -g; id -G") with { User = "nobody" });

        Assert.That(outcome.Exit.Status, Is.Zero);
        Assert.That(Output(3), Is.EqualTo(Lines("id -u nobody; id -g nobody; id -G nobody")));
    }

    [TestCase("no-such-user", 0u, ErrorNames.SpawnFailedToSetup, "there is no user no-such-user")]
    [TestCase("nobody", 1000u, ErrorNames.SpawnPermissionsInvalid, "the service must run as nobody, which the bus, not being root, cannot start it as")]
    public void A_user_that_it_cannot_run_as_is_named(string user, uint ownUserId, string name, string message)
    {
        SpawningStage.Outcome outcome = new();
        _ = _stage.Direct(ownUserId).Start(SpawningStage.Script("exit") with { User = user }, outcome);

        Assert.That(outcome.Error, Is.EqualTo(new DBusError(name, message)));
    }

    [Test]
    public void Whoever_is_not_root_may_name_itself()
    {
        SpawningStage.Outcome outcome = new();
        _ = _stage.Direct(65534).Start(SpawningStage.Script("exit 5") with { User = "nobody" }, outcome);

        Assert.That(outcome.Exit.Status, Is.EqualTo(5));
    }

    [Test]
    public void A_service_that_writes_without_end_loses_lines_and_never_waits()
    {
        SpawningStage.Outcome outcome = Start(SpawningStage.Script("yes | head -c 20000000; echo last"));

        Assert.That(outcome.Exit.Status, Is.Zero);
        List<string> lines = _stage.Log.ReadUntil("lines of its output were lost");
        Assert.That(lines.Count(line => line.EndsWith(": y", StringComparison.Ordinal)), Is.LessThan(20 * OutputLines.LinesPerPeriod));
        Assert.That(lines.Count(line => line.Contains("what is above that is lost")), Is.EqualTo(1));
    }

    [Test]
    public void Output_is_read_as_long_as_anybody_writes_it()
    {
        SpawningStage.Outcome outcome = Start(SpawningStage.Script("mkfifo '" + _stage.In("gate") + "'; { read x <'" + _stage.In("gate") + "'; echo later; } & exit 0"));

        Assert.That(outcome.Exit.Status, Is.Zero);
        File.WriteAllText(_stage.In("gate"), "go\n");
        _ = _stage.Log.ReadUntil("later");
    }

    [Test]
    public void Nothing_is_left_of_services_that_have_ended()
    {
        DirectStarter starter = _stage.Direct();
        SpawningStage.Outcome first = new();
        _ = starter.Start(SpawningStage.Script("exit"), first);
        _ = first.Exit;
        Settle();
        string[] unwaited = Unwaited(); // first: the runtime's own first process takes a pipe for good
        string[] before = Descriptors();
        SpawningStage.Outcome[] outcomes = [.. Enumerable.Range(0, 40).Select(_ => new SpawningStage.Outcome())];
        foreach (SpawningStage.Outcome outcome in outcomes)
        {
            _ = starter.Start(SpawningStage.Script("exit 1"), outcome);
        }

        Assert.That(outcomes.Select(outcome => outcome.Exit.Status), Is.All.EqualTo(1));
        Settle();
        Assert.That(Descriptors, Has.Length.LessThanOrEqualTo(before.Length).After(10).Seconds.PollEvery(20).MilliSeconds, string.Join('\n', Descriptors()));
        Assert.That(Unwaited, Is.SubsetOf(unwaited).After(10).Seconds.PollEvery(100).MilliSeconds);
    }

    [Test]
    public void Without_descriptors_no_process_is_made_and_none_is_lost()
    {
        SpawningStage.Outcome outcome = Start(SpawningStage.Script("exit 4"));
        Assert.That(outcome.Exit.Status, Is.EqualTo(4));
        OpenFileLimit limit = OpenFileLimit.Read();
        SpawningStage.Outcome starved = new();
        DirectStarter starter = _stage.Direct();
        Assert.That((limit with { Soft = 3 }).Set(), Is.Zero);
        try
        {
            _ = starter.Start(SpawningStage.Script("exit"), starved);
            Assert.That(starved.Error, Is.EqualTo(new DBusError(ErrorNames.SpawnFailed, "cannot make a pipe: Too many open files")));
        }
        finally
        {
            Assert.That(limit.Set(), Is.Zero);
        }

        SpawningStage.Outcome again = new();
        _ = starter.Start(SpawningStage.Script("exit 6"), again);
        Assert.That(again.Exit.Status, Is.EqualTo(6));
    }

    private SpawningStage.Outcome Start(ServiceCommand command)
    {
        SpawningStage.Outcome outcome = new();
        _ = _stage.Direct().Start(command, outcome);
        return outcome;
    }

    /// <summary>The next lines that the service wrote.</summary>
    private List<string> Output(int count)
    {
        const string Prefix = "org.example.Service: ";
        List<string> lines = [];
        while (lines.Count < count)
        {
            string line = _stage.Log.ReadUntil("")[0];
            if (line.StartsWith(Prefix, StringComparison.Ordinal))
            {
                lines.Add(line[Prefix.Length..]);
            }
        }

        return lines;
    }

    // The end of a process is told before the end of its output is read: two turns of the loop later it is.
    private void Settle()
    {
        for (int i = 0; i < 3; i++)
        {
            TaskCompletionSource came = new();
            _stage.Processes.Loop.Schedule(static state => ((TaskCompletionSource)state!).SetResult(), came);
            came.Task.Wait(SpawningStage.Patience);
        }
    }

    private static string[] Descriptors() =>
        [.. Directory.GetFiles("/proc/self/fd").Select(file => $"{file} {new FileInfo(file).LinkTarget}").Where(link => link.Contains("pipe:") || link.Contains("pidfd"))];

    private static string[] Unwaited() => Lines($"ps --ppid {Environment.ProcessId} -o stat=,pid= | grep Z || true");

    private static string[] Lines(string script)
    {
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
