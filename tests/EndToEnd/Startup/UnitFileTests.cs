using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>What packaging/ has for systemd: accepted by its tools, and what it takes away is not missed.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class UnitFileTests : IDisposable
{
    private const string Unit = "packaging/systemd/xcp-broker.service";

    /// <summary>systemd's own measure of what a unit exposes, times ten: 0 is nothing, 100 a unit without any restriction.</summary>
    private const int MostExposure = 36;

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void Systemd_accepts_the_units()
    {
        string[] folders = ["packaging/systemd", "packaging/domU/systemd"];
        foreach (string file in folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Root, folder))))
        {
            string unit = File.ReadAllText(file).Replace("/usr/bin/xcp-broker", Path.GetFullPath(XcpBrokerProcess.Binary)).Replace("/usr/sbin/xl", "/bin/true");
            File.WriteAllText(_shell.In(Path.GetFileName(file)), unit);
        }

        Assert.That(_shell.Run("systemd-analyze verify --man=no ./xcp-*.*"), Is.EqualTo(new ShellResult(0, "", "")));
    }

    [Test]
    public void The_socket_unit_opens_what_the_shipped_configuration_listens_on()
    {
        string socket = File.ReadAllText(Path.Combine(Repository.Root, "packaging/systemd/xcp-broker.socket"));
        string path = Regex.Match(socket, "^ListenStream=(.*)$", RegexOptions.Multiline).Groups[1].Value;

        Assert.That(path, Is.Not.Empty);
        Assert.That(File.ReadAllText(Path.Combine(Repository.Root, "packaging/xcp.conf")), Does.Contain($"<listen>unix:path={path}</listen>"));
        Assert.That(Value("ExecReload"), Does.Contain($"--address=unix:path={path} "));
    }

    /// <summary>With that option the bus would wait for a systemd among its own peers, and the host's is none.</summary>
    [Test]
    public void The_host_s_systemd_is_asked_on_the_system_bus() => Assert.That(Value("ExecStart"), Does.Not.Contain("--systemd-activation"));

    [TestCase("xcp-broker.service", "[Service]")]
    [TestCase("xcp-broker.socket", "[Socket]")]
    public void Each_directive_has_its_reason_in_the_documentation(string file, string section)
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs/operations.md")).Split("\n## The unit\n")[1].Split("\n## ")[0];
        string[] directives = [.. File.ReadLines(Path.Combine(Repository.Root, "packaging/systemd", file)).SkipWhile(line => line != section).Skip(1)
            .TakeWhile(line => !line.StartsWith('[')).Where(line => line.Contains('=') && !line.StartsWith('#')).Select(line => line[..line.IndexOf('=')]).Distinct()];

        Assert.That(directives, Has.Length.GreaterThan(2));
        Assert.That(directives.Where(directive => !page.Contains($"`{directive}=", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void The_service_exposes_little()
    {
        ShellResult result = _shell.Run(
            $"systemd-analyze security --offline=yes --no-pager --threshold={MostExposure} {Path.Combine(Repository.Root, Unit)}");

        Assert.That(result.ExitCode, Is.Zero, result.Output);
    }

    [Test]
    public void The_user_of_the_shipped_configuration_is_made_by_sysusers()
    {
        Assume.That(Environment.IsPrivilegedProcess, "systemd-sysusers gives files to root");
        ShellResult result = _shell.Run(
            $"mkdir etc; systemd-sysusers --root=$D {Path.Combine(Repository.Root, "packaging/sysusers.d/xcp-broker.conf")} 2>error; cut -d: -f1,6,7 etc/passwd");

        Assert.That(result.Output, Is.EqualTo("xcp-broker:/var/lib/xcp-broker:/usr/sbin/nologin\n"));
        Assert.That(File.ReadAllText(Path.Combine(Repository.Root, "packaging/xcp.conf")), Does.Contain("<user>xcp-broker</user>"));
    }

    [Test]
    public void The_capabilities_that_the_unit_leaves_are_those_that_the_broker_takes()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root has capabilities");
        string[] left = [.. Value("CapabilityBoundingSet").Split(' ').Select(name => $"+{name["CAP_".Length..].ToLowerInvariant()}")];
        Configure();
        System.Diagnostics.Process broker = _shell.Start(
            $"chmod 755 $D; exec setpriv --no-new-privs --bounding-set=-all,{string.Join(',', left)} $B --config-file=bus.conf --print-address --state-directory=$D/state");
        string address = Shell.ReadLine(broker.StandardOutput);

        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(File.ReadAllText(_shell.In("state/epoch")), Is.EqualTo("1\n"), "written while it was root");
        Assert.That(File.Exists(_shell.In("state/journal/lock")), Is.True, "written when it was no more");
        Assert.That(_shell.Run($"grep Uid /proc/{broker.Id}/status").Output, Does.Not.Contain("\t0"));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    [Test]
    public void The_system_calls_that_the_unit_allows_are_those_that_the_broker_makes()
    {
        Assume.That(Environment.IsPrivilegedProcess, "as root it makes those of its helper too");
        Configure();
        System.Diagnostics.Process tracer = _shell.Start("exec strace -f -o trace $B --config-file=bus.conf --print-address --print-pid");
        string address = Shell.ReadLine(tracer.StandardOutput);
        string pid = Shell.ReadLine(tracer.StandardOutput);
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        _ = _shell.Run($"kill -HUP {pid}; kill {pid}");
        tracer.WaitForExit();
        HashSet<string> allowed = [.. Value("SystemCallFilter").Split(' ').SelectMany(Calls)];
        string[] made =
        [
            .. File.ReadLines(_shell.In("trace")).Select(line => Call().Match(line)).Where(match => match.Success)
                .Select(match => match.Groups[1].Value).Distinct(),
        ];

        Assert.That(allowed, Has.Count.GreaterThan(100));
        Assert.That(made, Has.Length.GreaterThan(30));
        Assert.That(made, Is.SubsetOf(allowed));
    }

    /// <summary>"PID name(...", or "PID &lt;... name resumed&gt;...".</summary>
    [GeneratedRegex(@"^[0-9]+ +(?:<\.\.\. )?([a-z0-9_]+)(?:\(| resumed)")]
    private static partial Regex Call();

    /// <summary>The members of a set of systemd's, and of the sets in it.</summary>
    private IEnumerable<string> Calls(string set)
    {
        string[] lines = _shell.Run($"systemd-analyze syscall-filter --no-pager {set}").Output.Split('\n');
        return lines.Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')
            .SelectMany(line => line[0] == '@' ? Calls(line) : [line]);
    }

    private static string Value(string directive) => File.ReadLines(Path.Combine(Repository.Root, Unit))
        .Single(line => line.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{directive}="), StringComparison.Ordinal))[(directive.Length + 1)..];

    private void Configure()
    {
        File.SetUnixFileMode(_shell.Directory, (UnixFileMode)0x1ed); // 0755
        File.WriteAllText(
            _shell.In("bus.conf"),
            $"<busconfig><user>daemon</user><listen>unix:path={_shell.In("bus")}</listen><policy context='default'><allow user='*'/>"
            + "<allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>");
    }
}
