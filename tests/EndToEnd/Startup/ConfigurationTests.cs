using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>Configuration files from the command line to the bus.</summary>
public sealed class ConfigurationTests
{
    private const string Data = "/usr/lib/dbus-1.0/debug-build/libexec/installed-tests/dbus/data";

    /// <summary>As dbus-daemon, a bus without a policy lets nobody hear even its answers.</summary>
    private const string OpenPolicy =
        "<policy context='default'><allow send_destination='*'/><allow receive_sender='*'/><allow own='*'/></policy>";

    private readonly Shell _shell = new();

    private static IEnumerable<string> ValidFiles =>
        Directory.GetFiles($"{Data}/valid-config-files", "*.conf").Concat(Directory.GetFiles($"{Data}/valid-config-files-system", "*.conf"));

    private static IEnumerable<string> InvalidFiles => Directory.GetFiles($"{Data}/invalid-config-files", "*.conf");

    [OneTimeTearDown]
    public void RemoveDirectory() => _shell.Dispose();

    [Test]
    public void The_reference_implementations_valid_files_pass_the_check_and_its_invalid_ones_do_not()
    {
        foreach (string file in ValidFiles)
        {
            ShellResult result = _shell.Run($"exec $B config check {file}");
            Assert.That((result.ExitCode, result.Output), Is.EqualTo((0, result.Output)), result.Error);
            Assert.That(result.Output, Does.StartWith($"{file}: "));
        }

        foreach (string file in InvalidFiles)
        {
            ShellResult result = _shell.Run($"exec $B config check {file}");
            Assert.That(result.ExitCode, Is.EqualTo(1), file);
            Assert.That(result.Output, Is.Empty);
            Assert.That(result.Error, Does.Match($"^xcp-broker: {Path.GetDirectoryName(file)}/[a-z0-9-]+\\.conf:[0-9]+:[0-9]+: .*\n$"));
        }
    }

    [TestCaseSource(nameof(ValidFiles))]
    public void What_dbus_daemon_starts_with_this_broker_starts_with(string file)
    {
        string arguments = $"--config-file={file} --address=unix:tmpdir=$D --fork --nopidfile --print-pid=1";
        ShellResult reference = Begin($"dbus-daemon {arguments}");
        ShellResult ours = Begin($"$B {arguments}");

        Assert.That(ours.ExitCode == 0 || reference.ExitCode != 0, $"{reference.Error}{ours.Error}");
    }

    [Test]
    public void The_file_says_where_to_listen_and_the_command_line_overrides_it()
    {
        using Shell shell = new();
        Write(shell, "bus.conf", $"<busconfig><listen>unix:path={shell.In("a")}</listen><listen>unix:path={shell.In("b")}</listen>{OpenPolicy}</busconfig>");
        Process reference = shell.Start("exec dbus-daemon --config-file=bus.conf --nofork --print-address");
        string first = Shell.ReadLine(reference.StandardOutput);
        _ = Shell.Signal(reference, "TERM");
        (_, string both) = shell.StartBroker("--config-file=bus.conf");
        (_, string one) = shell.StartBroker("--config-file bus.conf --address=unix:path=$D/c");

        foreach (string printed in (string[])[first, both])
        {
            Assert.That(printed, Does.Match($"^unix:path={shell.In("b")},guid=[0-9a-f]+;unix:path={shell.In("a")},guid=[0-9a-f]+$"), "the last one first");
        }

        Assert.That(one, Does.StartWith($"unix:path={shell.In("c")},"));
        Assert.That(shell.BusId(both), Is.Not.Empty);
    }

    [Test]
    public void The_files_policy_is_in_force_and_who_is_denied_is_told_so()
    {
        using Shell shell = new();
        const string Policy = "<allow send_destination='*'/><allow receive_sender='*'/><deny own='org.example.Closed'/><allow own='org.example.Open'/>"
            + "<deny send_interface='org.freedesktop.DBus.Peer' send_member='GetMachineId'/>";
        Write(shell, "bus.conf", $"<busconfig><listen>unix:path={shell.In("a")}</listen><policy context='default'>{Policy}</policy></busconfig>");
        (_, string address) = shell.StartBroker("--config-file=bus.conf");
        string call = $"exec dbus-send --bus='{address}' --print-reply --dest=org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus";

        Assert.That(shell.Run($"{call}.RequestName string:org.example.Open uint32:0").Output, Does.Contain("uint32 1"));
        foreach (string denied in new[] { ".RequestName string:org.example.Closed uint32:0", ".RequestName string:org.example.Other uint32:0", ".Peer.GetMachineId" })
        {
            ShellResult result = shell.Run(call + denied);
            Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, result.Error)), denied);
            Assert.That(result.Error, Does.Contain("org.freedesktop.DBus.Error.AccessDenied").And.Not.Contain("bus.conf"), denied);
        }

        Assert.That(shell.Run($"{call}.Peer.Ping").ExitCode, Is.Zero);
    }

    [Test]
    public void A_descriptor_can_be_read_as_a_file_even_if_it_is_a_pipe()
    {
        using Shell shell = new();
        Write(shell, "bus.conf", "<busconfig><listen>unix:tmpdir=/tmp</listen></busconfig>");

        Assert.That(shell.Run("exec 7< bus.conf; rm bus.conf; exec $B config check /proc/self/fd/7").ExitCode, Is.Zero);
        Assert.That(shell.Run("echo '<busconfig><listen>unix:tmpdir=/tmp</listen></busconfig>' | $B config check /dev/stdin").ExitCode, Is.Zero);
    }

    [Test]
    public void A_file_can_make_the_broker_detach_and_limits_of_the_command_line_come_on_top()
    {
        using Shell shell = new();
        Write(shell, "bus.conf", "<busconfig><fork/><listen>unix:dir=" + shell.Directory + "</listen><limit name='max_names_per_connection'>9</limit>" + OpenPolicy + "</busconfig>");
        ShellResult started = shell.Run("exec $B --config-file=bus.conf --print-address=1 --print-pid=1 --limit=max_names_per_connection=1");
        string[] lines = started.Output.Split('\n');
        ShellResult reply = shell.Run(
            $"dbus-send --bus='{lines[0]}' --dest=org.freedesktop.DBus --print-reply / org.freedesktop.DBus.RequestName string:org.example.A uint32:0; kill {lines[1]}");

        Assert.That(started.ExitCode, Is.Zero, started.Error);
        Assert.That(reply.Error, Does.Contain("LimitsExceeded"));
    }

    [TestCase("", "<fork/>")]
    [TestCase("--fork", "")]
    public void A_broker_that_detaches_reads_a_pipe_once(string arguments, string element)
    {
        using Shell shell = new();
        Write(shell, "bus.conf", $"<busconfig>{element}<listen>unix:dir={shell.Directory}</listen>{OpenPolicy}</busconfig>");
        ShellResult started = shell.Run($"cat bus.conf | $B --config-file=/dev/stdin --print-address=1 --print-pid=1 {arguments}");
        string[] lines = started.Output.Split('\n');

        Assert.That(started.ExitCode, Is.Zero, started.Error);
        Assert.That(shell.BusId(lines[0]), Is.Not.Empty);
        ShellResult open = shell.Run($"ls -l /proc/{lines[1]}/fd; kill {lines[1]}");
        Assert.That(open.Output, Does.Not.Contain("memfd:configuration"));
    }

    [TestCase("--config-file=a.conf --session", "more than one of --config-file, --session and --system is given")]
    [TestCase("--system --session", "more than one of --config-file, --session and --system is given")]
    [TestCase("--session --session", "option --session is given more than once")]
    [TestCase("--config-file=a.conf --config-file=b.conf", "option --config-file is given more than once")]
    [TestCase("--config-file=missing.conf", "missing.conf: there is no such file")]
    [TestCase("--config-file=/", "/: this is a directory")]
    [TestCase("--config-file=bad.conf", "bad.conf:2:4: </busconfig> ends nothing; expected </b> for line 2")]
    [TestCase("--config-file=required.conf", "required.conf:2:11: mode is \"required\", but AppArmor cannot be asked here; expected enabled or disabled")]
    [TestCase("--config-file=foreign.conf", "foreign.conf:1:12: cannot listen on 'debug-pipe:name=x': unknown transport 'debug-pipe'")]
    [TestCase("config", "expected 'check' after 'config'")]
    [TestCase("config chekc", "unexpected argument 'chekc'")]
    [TestCase("config check a b", "unexpected argument 'b'")]
    [TestCase("policy explain --session --user=no-such-user", "option --user: there is no user 'no-such-user'")]
    [TestCase("policy explain --session --type=call", "option --type: 'call' is none of method_call, signal, method_return, error")]
    [TestCase("policy explain --session --destination=x", "option --destination: 'x' is not a bus name")]
    [TestCase("policy explain --session --sender-domain=none", "option --sender-domain: there is no domain 'none' in the configuration")]
    [TestCase("policy explain --session --own=x", "option --own: 'x' is not a name that can be owned")]
    [TestCase("policy explain --session --own=:1.5", "option --own: ':1.5' is not a name that can be owned")]
    [TestCase("policy explain --session --own=org.freedesktop.DBus", "option --own: 'org.freedesktop.DBus' is not a name that can be owned")]
    [TestCase("policy explain --session --own=a.b --member=M", "option --own cannot be combined with --member")]
    [TestCase("policy explain --session --path=x", "option --path: 'x' is not an object path")]
    [TestCase("policy explain --session --interface=x", "option --interface: 'x' is not an interface")]
    [TestCase("policy explain --session --member=a.b", "option --member: 'a.b' is not a member")]
    [TestCase("policy explain --session --type=error --error=x", "option --error: 'x' is not an error name")]
    [TestCase("policy explain --session --bogus", "unknown option '--bogus'")]
    public void What_is_wrong_is_one_line_and_status_1(string arguments, string expected)
    {
        Write(_shell, "bad.conf", "<busconfig>\n<b></busconfig>");
        Write(_shell, "required.conf", "<busconfig><listen>unix:tmpdir=/tmp</listen>\n<apparmor mode='required'/></busconfig>");
        Write(_shell, "foreign.conf", "<busconfig><listen>debug-pipe:name=x</listen></busconfig>");
        ShellResult result = _shell.Run($"exec timeout 10 $B {arguments}");

        Assert.That(result.Error, Does.StartWith("xcp-broker: ").And.Contains(expected));
        Assert.That(result.Error.Count(letter => letter == '\n'), Is.EqualTo(1));
        Assert.That((result.Output, result.ExitCode), Is.EqualTo(("", 1)));
    }

    [TestCase("--member=M --user=0 --destination=org.example.A", 0, "send     allowed  {0}:3 <allow send_destination=\"org.example.A\"/>\nreceive  allowed  {0}:4 <allow receive_sender=\"*\" eavesdrop=\"true\"/>\nallowed\n")]
    [TestCase("--member=M --user=0 --destination=org.example.B", 2, "send     denied   no rule matches\nreceive  allowed")]
    [TestCase("--own=org.example.A --user=0", 2, "own      denied   {0}:5 <deny own=\"*\"/>\ndenied\n")]
    [TestCase("--own=org.example.A --user=4242", 2, "connect  denied   no rule matches\n")]
    public void Explain_names_the_rule(string arguments, int status, string expected)
    {
        Write(
            _shell,
            "rules.conf",
            "<busconfig><listen>unix:tmpdir=/tmp</listen>\n<policy context='default'>\n<allow send_destination='org.example.A'/>\n<allow eavesdrop='true'/>\n<deny own='*'/></policy></busconfig>");
        ShellResult result = _shell.Run($"exec $B policy explain --config-file=rules.conf {arguments}");

        Assert.That(result.Output, Does.Contain(string.Format(expected, _shell.In("rules.conf"))));
        Assert.That((result.Error, result.ExitCode), Is.EqualTo(("", status)));
    }

    [TestCase("--interface=a.b --path=/", "--member")]
    [TestCase("--interface=a.b --member=N", "")]
    [TestCase("--interface=a.c --member=M", "--path")]
    [TestCase("--interface=a.c --member=M --path=/p", "")]
    [TestCase("--type=signal --path=/ --member=M", "--interface")]
    [TestCase("--type=error", "--error")]
    [TestCase("--type=method_return", "")]
    public void What_the_question_leaves_out_is_remarked_where_the_rule_that_decides_asks_for_it(string arguments, string option)
    {
        Write(_shell, "lax.conf", """
            <busconfig><listen>unix:tmpdir=/tmp</listen><policy context="default">
            <allow send_type="*"/><allow receive_type="*"/><deny send_interface="a.d" send_type="signal"/>
            <deny send_interface="a.b" send_member="M" send_type="method_call"/>
            <deny send_interface="a.c" send_path="/p" send_type="method_call"/>
            <deny send_error="a.e" send_requested_reply="true" send_type="error"/></policy></busconfig>
            """);
        ShellResult result = _shell.Run($"exec $B policy explain --config-file=lax.conf --user=0 --destination=org.example.A {arguments}");

        Assert.That(result.Error, option.Length == 0 ? Is.Empty : Does.Match($"^xcp-broker: warning: {option} is not given, .* {_shell.In("lax.conf")}:[0-9], which decides, asks for it\n$"));
    }

    [Test]
    public void What_has_no_effect_here_is_said_in_the_log_of_the_start()
    {
        using Shell shell = new();
        Write(shell, "bus.conf", "<busconfig><listen>unix:tmpdir=/tmp</listen><apparmor/><selinux><associate own='a.b' context='c'/></selinux><policy user='ghost'/></busconfig>");
        Process broker = shell.Start("exec $B --config-file=bus.conf --print-address 2>log");
        _ = Shell.ReadLine(broker.StandardOutput);

        foreach (string said in (string[])["<apparmor> has no effect", "<selinux> has no effect", "there is no user \"ghost\": its rules are ignored"])
        {
            shell.AwaitText("log", said);
        }
    }

    [TestCase("<includedir>waits</includedir>", 0, "warning: {0}/pipe.conf:1:45: {0}/waits/b.conf: this is not a regular file; the file {0}/waits/b.conf is ignored")]
    [TestCase("<include>waits/b.conf</include>", 1, "{0}/pipe.conf:1:45: {0}/waits/b.conf: this is not a regular file")]
    [TestCase("<include ignore_missing='yes'>/dev/zero</include>", 1, "{0}/pipe.conf:1:45: /dev/zero: this is not a regular file")]
    public void What_is_included_is_waited_for_by_nobody(string element, int status, string expected)
    {
        Write(_shell, "pipe.conf", $"<busconfig><listen>unix:tmpdir=/tmp</listen>{element}</busconfig>");
        ShellResult result = _shell.Run("mkdir -p waits; [ -p waits/b.conf ] || mkfifo waits/b.conf; exec timeout 20 $B config check pipe.conf");

        Assert.That((result.ExitCode, result.Error), Is.EqualTo((status, $"xcp-broker: {string.Format(expected, _shell.Directory)}\n")));
    }

    [TestCase("no-such-user")]
    [TestCase("4242424")]
    public void A_user_who_is_missing_is_among_the_warnings_of_a_check(string user)
    {
        Write(_shell, "user.conf", $"<busconfig><user>{user}</user><listen>unix:tmpdir=/tmp</listen></busconfig>");
        ShellResult result = _shell.Run("exec $B config check user.conf");

        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, $"xcp-broker: warning: {_shell.In("user.conf")}: no bus can start as <user> says: there is no user {user}\n")));
        Assert.That(result.Output, Does.EndWith(" 1 warnings\n"));
    }

    [TestCase("--sender-domain=nfs --destination=org.example.A", 0, "send     allowed  {0}:3 <allow send_destination=\"org.example.A\"/>\nreceive  allowed  {0}:8 <allow receive_sender=\"*\"/>\nallowed\n")]
    [TestCase("--sender-domain=web --destination=org.example.A", 2, "send     denied   no rule matches\n")]
    [TestCase("--sender-domain=@unknown --destination=org.example.A", 2, "connect  denied   no rule matches\n")]
    [TestCase("--user=0 --destination-domain=nfs --destination=org.example.N", 2, "send     denied   {0}:9 <deny send_domain=\"nfs\"/>\n")]
    [TestCase("--user=0 --destination-domain=web --destination=org.example.N", 2, "send     allowed  {0}:8 <allow send_destination=\"*\"/>\nreceive  denied   no rule matches\n")]
    [TestCase("--sender-domain=nfs --own=org.example.N", 0, "own      allowed  {0}:4 <allow own=\"*\"/>\ndomain   allowed  {1} X-XCP-Domain=nfs\nallowed\n")]
    [TestCase("--sender-domain=web --own=org.example.N", 2, "own      allowed  {0}:6 <allow own=\"*\"/>\ndomain   denied   {1} X-XCP-Domain=nfs\ndenied\n")]
    [TestCase("--user=0 --own=org.example.N", 2, "own      allowed  {0}:8 <allow own=\"*\"/>\ndomain   denied   {1} X-XCP-Domain=nfs\ndenied\n")]
    public void Explain_knows_domains_and_names_that_are_theirs(string arguments, int status, string expected)
    {
        Directory.CreateDirectory(_shell.In("services"));
        Write(_shell, "services/n.service", "[D-BUS Service]\nName=org.example.N\nX-XCP-Domain=nfs\n");
        Write(_shell, "rules.conf", """
            <busconfig><type>xcp</type><listen>unix:tmpdir=/tmp</listen><domain name="nfs"/><domain name="web"/><servicedir>services</servicedir>
            <policy domain="nfs">
            <allow send_destination="org.example.A"/>
            <allow own="*"/></policy>
            <policy domain="web">
            <allow own="*"/></policy>
            <policy context="default">
            <allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
            <deny send_domain="nfs"/></policy></busconfig>
            """);
        ShellResult result = _shell.Run($"exec $B policy explain --config-file=rules.conf {arguments}");

        Assert.That(result.Output, Does.Contain(string.Format(expected, _shell.In("rules.conf"), _shell.In("services/n.service"))));
        Assert.That((result.Error, result.ExitCode), Is.EqualTo(("", status)));
    }

    [TestCase("config check --help", "config check [<FILE>...]")]
    [TestCase("policy explain -h", "--destination-user <USER>")]
    [TestCase("--help", "policy")]
    public void Help_is_for_the_command_that_it_is_asked_for(string arguments, string expected)
    {
        ShellResult result = _shell.Run($"exec $B {arguments}");

        Assert.That(result.Output, Does.Contain(expected));
        Assert.That(result.ExitCode, Is.Zero);
    }

    /// <summary>Starts a broker that detaches, and ends it at once.</summary>
    private ShellResult Begin(string command) => _shell.Run($"pid=$(timeout 15 {command} 2> error); status=$?; cat error >&2; [ -z \"$pid\" ] || kill $pid; exit $status");

    private static void Write(Shell shell, string name, string text) => File.WriteAllText(shell.In(name), text);
}
