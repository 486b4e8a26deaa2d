using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>Pid file, umask and user of a configuration file: what dbus-daemon does with them, this broker does.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[TestFixture("dbus-daemon")]
[TestFixture("$B")]
public sealed class PidFileTests(string program) : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    // dbus-daemon handles signals a moment after it has written the file: when it answers, it does.
    // A detached bus has umask 022 unless it is to keep its caller's; its pid file is written before that. One in the foreground keeps its own.
    [TestCase("<fork/>", "077", "600", "0022")]
    [TestCase("<fork/><keep_umask/>", "077", "600", "0077")]
    [TestCase("", "007", "640", "0007")]
    [TestCase("", "000", "644", "0000")]
    public void The_pid_file_has_the_process_id_and_mode_of_the_umask(string elements, string umask, string mode, string later)
    {
        Write($"{elements}<pidfile>{_shell.In("pid")}</pidfile>");
        string background = elements.Contains("fork") ? ";" : "&";
        ShellResult result = _shell.Run(
            $"umask {umask}; {program} --config-file=bus.conf --print-pid=7 7>printed 2>error {background} until [ -s pid ] && [ -s printed ]; do :; done;"
            + " cmp pid printed; stat -c %a pid; stat -c %F bus; grep Umask /proc/$(cat pid)/status;"
            + " dbus-send --bus=unix:path=$D/bus --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId >reply; rm reply; kill $(cat pid); while [ -e pid ]; do :; done; ls");

        Assert.That(result.Output, Is.EqualTo($"{mode}\nsocket\nUmask:\t{later}\nbus.conf\nerror\nprinted\n"), result.Error);
    }

    [Test]
    public void A_pid_file_that_exists_is_a_refusal_that_touches_neither_it_nor_the_bus_that_wrote_it()
    {
        Write($"<pidfile>{_shell.In("pid")}</pidfile>");
        Process first = _shell.Start($"exec {program} --config-file=bus.conf --nofork --print-address");
        string address = Shell.ReadLine(first.StandardOutput);
        ShellResult second = _shell.Run($"exec timeout 10 {program} --config-file=bus.conf --nofork");

        Assert.That(second.ExitCode, Is.EqualTo(1));
        Assert.That(second.Error, Does.Contain("pid file").And.Contains(_shell.In("pid")).And.Contains("exists"));
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(File.ReadAllText(_shell.In("pid")), Is.EqualTo($"{first.Id}\n"));
    }

    [Test]
    public void The_command_line_can_do_without_it()
    {
        Write($"<pidfile>{_shell.In("pid")}</pidfile>");
        File.WriteAllText(_shell.In("pid"), "1\n");
        Process bus = _shell.Start($"exec {program} --config-file=bus.conf --nofork --nopidfile --print-address");

        Assert.That(_shell.BusId(Shell.ReadLine(bus.StandardOutput)), Has.Length.EqualTo(32));
        Assert.That(File.ReadAllText(_shell.In("pid")), Is.EqualTo("1\n"));
    }

    [TestCase("<pidfile>/no/such/directory/pid</pidfile>", "/no/such/directory/pid")]
    [TestCase("<user>no-such-user</user>", "no-such-user")]
    [TestCase("<user>4242424</user>", "4242424")]
    public void What_cannot_be_had_is_named_and_nothing_is_left(string elements, string named)
    {
        Write(elements.Contains("pidfile") ? elements : $"{elements}<pidfile>{_shell.In("pid")}</pidfile>");
        ShellResult result = _shell.Run($"timeout 10 {program} --config-file=bus.conf --nofork; status=$?; ls; exit $status");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(named));
        Assert.That(result.Output, Is.EqualTo("bus.conf\n"));
    }

    [Test]
    public void The_socket_is_for_everybody_whatever_the_umask()
    {
        Write("");
        Process bus = _shell.Start($"umask 077; exec {program} --config-file=bus.conf --nofork --print-address");
        _ = Shell.ReadLine(bus.StandardOutput);

        Assert.That(File.GetUnixFileMode(_shell.In("bus")) & (UnixFileMode)0x1b6, Is.EqualTo((UnixFileMode)0x1b6), "read and write for all");
    }

    private void Write(string elements) => File.WriteAllText(
        _shell.In("bus.conf"),
        $"<busconfig>{elements}<listen>unix:path={_shell.In("bus")}</listen>"
        + "<policy context='default'><allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>");
}
