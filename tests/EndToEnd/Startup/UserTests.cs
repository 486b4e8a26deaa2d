using System.Diagnostics;
using System.Globalization;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>A bus with <c>&lt;user&gt;</c>: what is root of it, and that nothing else can become root again.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class UserTests : IDisposable
{
    private const string Allowed = "<policy context='default'><allow user='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy>";
    private const string User = "daemon";

    private readonly Shell _shell = new();

    public UserTests()
    {
        // Others have to come through it to the socket.
        File.SetUnixFileMode(_shell.Directory, (UnixFileMode)0x1ed); // 0755
        File.WriteAllText(
            _shell.In("bus.conf"),
            $"<busconfig><user>{User}</user><pidfile>{_shell.In("pid")}</pidfile><listen>unix:path={_shell.In("bus")}</listen>{Allowed}</busconfig>");
    }

    public void Dispose() => _shell.Dispose();

    [Test]
    public void The_bus_is_that_users_in_every_thread_and_the_helper_alone_stays_root()
    {
        Process broker = Start();
        int helper = HelperOf(broker);
        string[] lines = ["Uid", "Gid", "Groups", "CapPrm", "CapEff", "CapAmb"];
        string[] expected = [FourTimes("-u"), FourTimes("-g"), "", .. Enumerable.Repeat(new string('0', 16), 3)];

        foreach (Dictionary<string, string> thread in ThreadsOf(broker))
        {
            Assert.That(lines.Select(line => thread[line]), Is.EqualTo(expected), thread["Name"]);
        }

        // A thread names itself a moment after it was made.
        Assert.That(
            () => ThreadsOf(broker).Where(thread => thread["NoNewPrivs"] == "1").Select(thread => thread["Name"]),
            Is.SupersetOf((string[])["xcp-broker", "bus", "processes"]).After(10).Seconds.PollEvery(20).MilliSeconds,
            "those that could execute something");

        Assert.That(StatusOf($"/proc/{helper}")["Uid"], Is.EqualTo("0\t0\t0\t0"));

        // It has executed when the bus serves, and names itself a moment later.
        Assert.That(_shell.Run($"until [ $(cat /proc/{helper}/comm) = xcp-broker-root ]; do :; done").ExitCode, Is.Zero);
    }

    [Test]
    public void No_peer_reaches_the_helper_it_has_one_socket_and_that_is_the_buss()
    {
        Process broker = Start();
        int helper = HelperOf(broker);
        Process peer = _shell.Start("exec dbus-monitor --address unix:path=$D/bus");
        _ = Shell.ReadLine(peer.StandardOutput);
        string[] ours = Sockets(broker.Id);
        string[] helpers = Sockets(helper);

        Assert.That(helpers, Has.Length.EqualTo(1));
        Assert.That(ours, Does.Not.Contain(helpers[0]));
        Assert.That(_shell.Run($"grep ' {helpers[0]}$' /proc/net/unix").Output, Does.Match("^[^ ]+ [^ ]+ [^ ]+ [^ ]+ 0005 "), "SOCK_SEQPACKET, without an address");
        Assert.That(
            Directory.GetFiles($"/proc/{helper}/fd").Select(file => new FileInfo(file).LinkTarget),
            Is.All.Matches("^(socket:|pipe:|anon_inode:|/dev/null$)"));
    }

    // The calls are made by a debugger in the bus's own process, as somebody would who has taken it over.
    [Test]
    public void Root_cannot_be_had_back_and_the_bus_survives_the_attempt()
    {
        Process broker = Start();
        string[] calls =
        [
            "setuid(0)", "seteuid(0)", "setresuid(0,0,0)", "setresgid(0,0,0)", "setgroups(1, \"\\0\\0\\0\\0\")", "open(\"/etc/shadow\", 0)",
            $"chown(\"{_shell.In("bus.conf")}\", 1, 1)", "kill(1, 0)", $"kill({HelperOf(broker)}, 9)", $"unlink(\"{_shell.In("pid")}\")",
        ];
        ShellResult debugger = _shell.Run(
            $"exec gdb -nx -batch -p {broker.Id} -ex 'set confirm off' {string.Join(' ', calls.Select(call => $"-ex 'print (int){call}'"))} 2>error");
        string[] answers = [.. debugger.Output.Split('\n').Where(line => line.StartsWith('$'))];

        Assert.That(answers, Is.EqualTo(Enumerable.Range(1, calls.Length).Select(number => $"${number} = -1")), debugger.Output);
        Assert.That(StatusOf($"/proc/{broker.Id}")["Uid"], Is.EqualTo(FourTimes("-u")));
        Assert.That(_shell.BusId($"unix:path={_shell.In("bus")}"), Has.Length.EqualTo(32));
        Assert.That(StatusOf($"/proc/{HelperOf(broker)}")["Uid"], Is.EqualTo("0\t0\t0\t0"));
    }

    [Test]
    public void Other_users_connect_and_the_bus_answers_as_its_user()
    {
        _ = Start();
        ShellResult result = _shell.Run(
            "exec setpriv --reuid=nobody --clear-groups dbus-send --bus=unix:path=$D/bus --print-reply=literal --dest=org.freedesktop.DBus /"
            + " org.freedesktop.DBus.GetConnectionUnixUser string:org.freedesktop.DBus");

        Assert.That(result.Output.Trim(), Is.EqualTo($"uint32 {_shell.Run($"id -u {User}").Output.Trim()}"), result.Error);
    }

    [Test]
    public void That_user_can_read_what_clients_of_nonce_tcp_must_know_and_nothing_of_it_is_left()
    {
        RequireRoot();
        File.WriteAllText(_shell.In("nonce.conf"), $"<busconfig><user>{User}</user><listen>nonce-tcp:host=127.0.0.1</listen>{Allowed}</busconfig>");
        _ = _shell.Run($"mkdir home; chown {User} home");
        (Process broker, string address) = _shell.StartBroker("--config-file=nonce.conf", "HOME=$D/home TMPDIR=$D/home");

        Assert.That(_shell.BusId(address, $"setpriv --reuid={User} --clear-groups env HOME=$D/home"), Has.Length.EqualTo(32));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(_shell.Run("ls home").Output, Is.Empty);
    }

    [TestCase("TERM")]
    [TestCase("KILL")]
    public void Pid_file_and_socket_are_removed_from_roots_directory_whatever_ends_the_bus(string signal)
    {
        Process broker = Start();
        int helper = HelperOf(broker);
        _ = Shell.Signal(broker, signal);
        _ = _shell.Run($"while [ -d /proc/{helper} ] && ! grep -q 'State:.Z' /proc/{helper}/status; do :; done");

        Assert.That(Directory.GetFiles(_shell.Directory), Is.EqualTo((string[])[_shell.In("bus.conf")]));
    }

    [Test]
    public void Who_is_not_root_stays_who_it_is_as_with_dbus_daemon([Values("dbus-daemon", "$D/xcp-broker")] string program)
    {
        RequireRoot();
        File.Delete(_shell.In("pid"));
        File.SetUnixFileMode(_shell.Directory, (UnixFileMode)0x1ff); // 0777
        ShellResult result = _shell.Run(
            $"cp $B $D/xcp-broker; setpriv --reuid=nobody --regid=nogroup --clear-groups {program} --config-file=$D/bus.conf --nofork >/dev/null 2>&1 &"
            + " until [ -s pid ]; do :; done; grep Uid /proc/$!/status; ls -l bus;"

            // dbus-daemon handles signals a moment after it has written the file: when it answers, it does.
            + " dbus-send --bus=unix:path=$D/bus --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId >/dev/null; kill $!; wait $!; ls");

        Assert.That(result.Output, Does.Match("^Uid:\t65534\t65534\t65534\t65534\ns.* nobody .*\nbus.conf\n"), result.Error);
    }

    private static void RequireRoot() => Assume.That(Environment.IsPrivilegedProcess, "only root can become another user");

    private Process Start()
    {
        RequireRoot();
        (Process broker, _) = _shell.StartBroker("--config-file=bus.conf");
        return broker;
    }

    /// <summary>An id of the user as /proc/PID/status has it: real, effective, saved, of the file system.</summary>
    private string FourTimes(string which) => string.Join('\t', Enumerable.Repeat(_shell.Run($"id {which} {User}").Output.Trim(), 4));

    private static int HelperOf(Process broker) => int.Parse(
        File.ReadAllText($"/proc/{broker.Id}/task/{broker.Id}/children").Trim(), CultureInfo.InvariantCulture);

    private static Dictionary<string, string> StatusOf(string process) => ProcessFile.ReadAllText($"{process}/status")
        .Split('\n').Select(line => line.Split(":\t", 2)).ToDictionary(parts => parts[0], parts => parts[^1].Trim());

    /// <summary>The status of each thread that has not ended while it was read.</summary>
    private static IEnumerable<Dictionary<string, string>> ThreadsOf(Process process) =>
        Directory.GetDirectories($"/proc/{process.Id}/task").Select(StatusOf).Where(status => status.ContainsKey("Uid"));

    private static string[] Sockets(int process) =>
    [
        .. Directory.GetFiles($"/proc/{process}/fd").Select(file => new FileInfo(file).LinkTarget ?? "")
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal)).Select(target => target[8..^1]),
    ];
}
