using System.Diagnostics;
using System.Net.Sockets;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LogTests : IDisposable
{
    /// <summary>Standard error is a socket, which $JOURNAL_STREAM names; a is its other end.</summary>
    private const string JournalStream =
        "a, s = socket.socketpair(); w = s.fileno(); i = os.fstat(w)\nos.environ['JOURNAL_STREAM'] = '%d:%d' % (i.st_dev, i.st_ino)\n";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    // Each makes a standard error that takes no line: a full pipe, the same non-blocking, one without a reader, a full device.
    [TestCase("r, w = os.pipe(); os.set_blocking(w, False)\ntry:\n while os.write(w, b'x' * 4096): pass\nexcept BlockingIOError: pass\nos.set_blocking(w, True); os.set_inheritable(r, True)")]
    [TestCase("r, w = os.pipe(); os.set_blocking(w, False)\ntry:\n while os.write(w, b'x' * 4096): pass\nexcept BlockingIOError: pass\nos.set_inheritable(r, True)")]
    [TestCase("r, w = os.pipe(); os.close(r)")]
    [TestCase("w = os.open('/dev/full', os.O_WRONLY)")]
    public void Dbus_broker_457_a_standard_error_that_takes_nothing_neither_stops_the_bus_nor_its_end(string standardError)
    {
        Process broker = StartWith(standardError, "");
        string address = Shell.ReadLine(broker.StandardOutput);
        for (int i = 0; i < 20; i++)
        {
            using Process kill = Process.Start("kill", ["-HUP", $"{broker.Id}"]);
            kill.WaitForExit();
        }

        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(File.Exists(_shell.In("bus")), Is.False);
    }

    /// <summary>The journal's own socket is not there: lines go to its stream.</summary>
    [Test]
    public void Under_the_journal_lines_begin_with_their_priority()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root can hide this host's journal");
        Process broker = StartWith(
            JournalStream + "if os.fork() == 0:\n s.close(); print(a.recv(1000).decode().splitlines()[0], flush=True); os._exit(0)",
            "--address=unix:path=bus",
            print: false,
            mount: "mount -t tmpfs none /run");

        Assert.That(Shell.ReadLine(broker.StandardOutput), Does.StartWith($"<6>[1] serving unix:path={_shell.Directory}/bus,"));
    }

    [Test]
    public void The_journal_gets_entries_that_can_be_found_by_their_fields()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root can put another journal in place of this host's");
        string directory = Directory.CreateDirectory(_shell.In("journal")).FullName;
        using Socket journal = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        journal.Bind(new UnixDomainSocketEndPoint(Path.Combine(directory, "socket")));
        Process broker = StartWith(
            JournalStream,
            "--print-address --address=unix:path=bus",
            print: false,
            mount: $"mount -t tmpfs none /run; mkdir -p /run/systemd/journal; mount --bind {directory} /run/systemd/journal");
        string address = Shell.ReadLine(broker.StandardOutput);
        using RawPeer peer = RawPeer.Open(address);
        _ = peer.Send("GET / HTTP/1.1\r\n\r\n"u8);

        Assert.That(
            Receive(journal),
            Is.SupersetOf([$"MESSAGE=[1] serving {address}", "PRIORITY=6", "SYSLOG_IDENTIFIER=xcp-broker", "XCP_EVENT=1", $"XCP_ADDRESSES={address}"]));
        Assert.That(
            Receive(journal).Where(field => field.Length > 0 && !field.StartsWith("XCP_DETAIL=")),
            Is.EqualTo(
            [
                $"MESSAGE=[1002] unregistered (pid {Environment.ProcessId}, uid 0) disconnected by the bus: AuthenticationFailed (NoLeadingNul)", "PRIORITY=4",
                "SYSLOG_IDENTIFIER=xcp-broker", "XCP_EVENT=1002", $"XCP_CONNECTION=unregistered (pid {Environment.ProcessId}, uid 0)",
                "XCP_REASON=AuthenticationFailed",
            ]));
    }

    [Test]
    public void A_stream_that_is_not_the_journals_has_no_priorities()
    {
        Process broker = _shell.Start("JOURNAL_STREAM=1:1 exec $B --address=unix:path=bus");

        Assert.That(Shell.ReadLine(broker.StandardError), Does.StartWith($"xcp-broker[{broker.Id}]: info: [1] serving unix:path={_shell.Directory}/bus,guid="));
    }

    [TestCase("--syslog", true, true)]
    [TestCase("--syslog-only", true, false)]
    [TestCase("--syslog --nosyslog", false, true)]
    [TestCase("--nosyslog --syslog-only", true, false)]
    [TestCase("", false, true)]
    public void Lines_go_to_syslog_and_standard_error_as_told(string arguments, bool syslog, bool standardError)
    {
        Process broker = _shell.Start($"exec strace -f -e trace=connect,sendto,write -s 200 -o trace $B --print-address --print-pid --address=unix:path=bus {arguments}");
        _ = Shell.ReadLine(broker.StandardOutput);
        int pid = int.Parse(Shell.ReadLine(broker.StandardOutput));
        _ = _shell.Run($"until grep -q -e 'write(2, .*serving' -e '\"/dev/log\"' trace; do :; done; kill {pid}");
        broker.WaitForExit();
        string trace = File.ReadAllText(_shell.In("trace"));

        Assert.That(trace.Contains("\"/dev/log\""), Is.EqualTo(syslog));
        Assert.That(trace.Contains(" write(2, "), Is.EqualTo(standardError));
    }

    private static string[] Receive(Socket journal)
    {
        byte[] entry = new byte[1 << 16];
        return StrictUtf8.Instance.GetString(entry, 0, journal.Receive(entry)).Split('\n');
    }

    /// <param name="python">Makes <c>w</c>, the standard error of the broker.</param>
    /// <param name="arguments">Of the broker.</param>
    /// <param name="print">Whether it listens on "bus" and prints its address.</param>
    /// <param name="mount">What is mounted first, for it alone.</param>
    private Process StartWith(string python, string arguments, bool print = true, string? mount = null)
    {
        File.WriteAllText(
            _shell.In("start.py"),
            $"import os, socket, sys\n{python}\nos.dup2(w, 2)\nos.execv(os.environ['B'], ['xcp-broker'] + sys.argv[1:])\n");
        string start = $"exec python3 start.py {(print ? "--print-address --address=unix:path=bus" : "")} {arguments}";
        return _shell.Start(mount is null ? start : $"exec unshare --mount sh -c '{mount}; {start}'");
    }
}
