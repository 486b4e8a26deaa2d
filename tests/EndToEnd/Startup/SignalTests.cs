using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SignalTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [TestCase("TERM")]
    [TestCase("INT")]
    public void The_broker_ends_and_removes_its_sockets(string signal)
    {
        (Process broker, string address) = _shell.StartBroker("--address='unix:path=one;unix:path=two'");
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));

        Assert.That(Shell.Signal(broker, signal), Is.Zero);
        Assert.That(File.Exists(_shell.In("one")) || File.Exists(_shell.In("two")), Is.False);
        Assert.That(broker.StandardError.ReadToEnd(), Does.Contain($"stopping: SIG{signal}"));
    }

    // The address is printed before the host is built: these signals come at every stage of that.
    [Test]
    public void A_signal_as_soon_as_the_address_is_there_is_as_clean_as_any([Range(0, 14)] int _)
    {
        (Process broker, string _) = _shell.StartBroker("--address=unix:path=bus");

        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero, () => broker.StandardError.ReadToEnd());
        Assert.That(File.Exists(_shell.In("bus")), Is.False);
    }

    // Only builtins of the shell between what it sees and its signal: as early as can be.
    [TestCase("until [ -S bus ]; do :; done", TestName = "A_signal_as_soon_as_there_is_a_socket_is_as_clean_as_any")]
    [TestCase("until catches; do :; done", TestName = "A_signal_as_soon_as_it_is_caught_is_as_clean_as_any")]
    public void Early(string awaited)
    {
        const string CatchesTermination =
            "catches() { while read -r key mask; do case $key$mask in SigCgt:*[4-7c-f]???) return 0;; esac; done </proc/$!/status; return 1; }";
        for (int i = 0; i < 10; i++)
        {
            ShellResult result = _shell.Run($"{CatchesTermination}; $B --address=unix:path=bus & {awaited}; kill $!; wait $!; echo $?; ls bus");

            Assert.That(result.Output, Is.EqualTo("0\n"), result.Error);
        }
    }

    [Test]
    public void A_signal_in_the_first_milliseconds_leaves_no_socket_whatever_it_meets([Range(0, 20_000, 1000)] int turns)
    {
        ShellResult result = _shell.Run(
            $"$B --address=unix:path=bus & i=0; while [ $i -lt {turns} ]; do i=$((i+1)); done; kill $!; wait $!; echo $?; ls bus");

        Assert.That(result.Output, Is.EqualTo("0\n").Or.EqualTo("143\n"), result.Error);
    }

    [Test]
    public void Two_signals_are_one()
    {
        (Process broker, string _) = _shell.StartBroker("--address=unix:path=bus");

        Assert.That(_shell.Run($"kill {broker.Id}; kill -INT {broker.Id}; kill {broker.Id}").Output, Is.Empty);
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    // A second signal may come at any time until the process is no more: what it does by default would be another exit status.
    [Test]
    public void Until_the_end_no_signal_does_what_it_does_by_default()
    {
        Process tracer = _shell.Start("exec strace -f -o trace -e trace=rt_sigaction $B --address=unix:path=bus --print-address --print-pid");
        _ = Shell.ReadLine(tracer.StandardOutput);
        Assert.That(_shell.Run($"kill {Shell.ReadLine(tracer.StandardOutput)}").ExitCode, Is.Zero);
        tracer.WaitForExit();

        string[] lines = [.. File.ReadLines(_shell.In("trace")).SkipWhile(line => !line.Contains("--- SIGTERM"))];
        Assert.That(tracer.ExitCode, Is.Zero);
        Assert.That(lines, Has.Some.Contains("rt_sigaction(SIGTERM, {sa_handler=SIG_IGN"));
        Assert.That(lines, Has.None.Matches("rt_sigaction\\(SIG(TERM|INT|HUP), {sa_handler=SIG_DFL"));
    }

    [Test]
    public void SIGHUP_without_a_configuration_file_ends_nothing()
    {
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=bus");
        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("serving"));
        using Process kill = Process.Start("kill", ["-HUP", $"{broker.Id}"]);

        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("SIGHUP"));
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
    }

    [Test]
    public void The_limit_of_open_files_is_raised_to_the_hard_one()
    {
        Process broker = _shell.Start("ulimit -Sn 100; exec $B --print-address --address=unix:path=bus");
        _ = Shell.ReadLine(broker.StandardOutput);
        string[] limits = File.ReadLines($"/proc/{broker.Id}/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(limits[3], Is.EqualTo(limits[4]));
        Assert.That(limits[3], Is.Not.EqualTo("100"));
    }

    // Refused by strace, at the call that it has seen to be the one.
    [Test]
    public void A_limit_of_open_files_that_may_not_be_raised_is_a_warning()
    {
        const string Trace = "exec strace -f -e trace=prlimit64 -o trace";
        _ = _shell.Run($"ulimit -Sn 100; {Trace} $B --address=unix:path=bus & until grep -q 'NOFILE, {{' trace; do :; done; kill $(sed -n '1s/ .*//p' trace)");
        string[] lines = File.ReadAllLines(_shell.In("trace"));
        string thread = lines[0].Split(' ')[0];
        string[] calls = [.. lines.Where(line => line.StartsWith(thread, StringComparison.Ordinal) && line.Contains(" prlimit64(", StringComparison.Ordinal))];
        int call = 1 + Array.FindIndex(calls, line => line.Contains("NOFILE, {", StringComparison.Ordinal)); // strace counts the calls of each thread
        Process broker = _shell.Start(
            $"ulimit -Sn 100; {Trace} -e inject=prlimit64:error=EPERM:when={call} $B --address=unix:path=other --print-address --print-pid");
        string address = Shell.ReadLine(broker.StandardOutput);
        string pid = Shell.ReadLine(broker.StandardOutput);

        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("warning").And.Contain("cannot set the limit of open files").And.Contain("100"));
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(_shell.Run($"kill {pid}").ExitCode, Is.Zero);
        broker.WaitForExit();
    }
}
