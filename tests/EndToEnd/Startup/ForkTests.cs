using System.Net.Sockets;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ForkTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    // The reference implementation's test-dbus-daemon-fork.sh
    [TestCase("")]
    [TestCase("0<&- 1>&- 2>&-")]
    public void The_caller_returns_when_the_bus_serves_and_both_are_told_apart(string redirections)
    {
        ShellResult result = _shell.Run($"$B --fork --address=unix:path=bus --print-address=8 --print-pid=9 8>address 9>pid {redirections}");
        (string address, int pid) = Printed();
        using RawPeer peer = RawPeer.Connect(address);

        Assert.That(result, Is.EqualTo(new ShellResult(0, "", "")));
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(StatusOf(pid)["Name"], Is.EqualTo("xcp-broker"));
        End(address, pid);
    }

    [Test]
    public void The_child_has_a_session_of_its_own_and_holds_on_to_nothing()
    {
        _ = _shell.Run("ulimit -Sn 200; $B --fork --address=unix:path=bus --print-address=8 --print-pid=9 8>address 9>pid");
        (string address, int pid) = Printed();
        string[] stat = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ');

        Assert.That(stat[3], Is.EqualTo($"{pid}"), "session");
        Assert.That(stat[4], Is.EqualTo("0"), "terminal");
        Assert.That(new DirectoryInfo($"/proc/{pid}/cwd").LinkTarget, Is.EqualTo("/"));
        Assert.That(
            Enumerable.Range(0, 3).Select(descriptor => new FileInfo($"/proc/{pid}/fd/{descriptor}").LinkTarget),
            Is.All.EqualTo("/dev/null"));
        Assert.That(
            Directory.GetFiles($"/proc/{pid}/fd").Select(file => new FileInfo(file).LinkTarget),
            Has.None.StartsWith(_shell.Directory));
        Assert.That(StatusOf(pid)["SigBlk"], Is.EqualTo("0000000000000000"));
        End(address, pid);
    }

    [Test]
    public void A_command_substitution_ends()
    {
        ShellResult result = _shell.Run("a=$($B --fork --address=unix:path=bus --print-address --print-pid 2>&1); echo \"$a\"");
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(lines, Has.Length.EqualTo(2));
        End(lines[0], int.Parse(lines[1]));
    }

    [Test]
    public void Relative_paths_are_the_callers()
    {
        ShellResult result = _shell.Run("mkdir sub; cd sub; $B --fork --address=unix:path=bus --print-address --print-pid; cd ..");
        string[] lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(lines[0], Does.StartWith($"unix:path={_shell.Directory}/sub/bus,"));
        End(lines[0], int.Parse(lines[1]));
    }

    [TestCase("--address=unix:path=none/bus", "none/bus")]
    [TestCase("--address=unix:bogus=1", "unknown key 'bogus'")]
    public void A_child_that_cannot_serve_says_so_once_and_the_caller_fails(string arguments, string expected)
    {
        ShellResult result = _shell.Run($"$B --fork {arguments}");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(expected).And.EndsWith("\n"));
        Assert.That(result.Error.Count(letter => letter == '\n'), Is.EqualTo(1));
    }

    private (string Address, int Pid) Printed() => (File.ReadAllText(_shell.In("address")).TrimEnd(), int.Parse(File.ReadAllText(_shell.In("pid"))));

    private static Dictionary<string, string> StatusOf(int pid) =>
        File.ReadLines($"/proc/{pid}/status").Select(line => line.Split(":\t")).Where(parts => parts.Length == 2).ToDictionary(parts => parts[0], parts => parts[1]);

    // It is no child of ours: a connection tells when it ends.
    private void End(string address, int pid)
    {
        string path = BusAddress.UnixPath(address);
        using Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        connection.Connect(new UnixDomainSocketEndPoint(path));

        Assert.That(_shell.Run($"kill {pid}").ExitCode, Is.Zero);
        Assert.That(connection.Receive(new byte[1]), Is.Zero);
        Assert.That(File.Exists(path), Is.False);
    }
}
