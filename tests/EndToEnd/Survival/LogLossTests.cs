using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Processes;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Survival;

/// <summary>Nothing takes the log: the bus goes on, and the lines that were lost are counted to the last one.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class LogLossTests : IDisposable
{
    private const string Mark = "disconnected by the bus";

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void A_reader_that_does_not_read()
    {
        const int Count = 4000; // more than a pipe and the queue behind it hold
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=$D/bus");
        Provoke(address, Count);
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));

        Task<string> log = broker.StandardError.ReadToEndAsync();
        Provoke(address, 1);
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);

        // Any line may be one of those that are lost, the first and the last of the bus too.
        (int written, int lost) = Read(log.Result);
        written += OfTheBus().Count(log.Result);
        Assert.That(written, Is.GreaterThan(100));
        Assert.That(lost, Is.GreaterThan(100));
        Assert.That(written + lost, Is.EqualTo(Count + 3));
    }

    [Test]
    public void A_reader_that_goes_and_another_one_that_comes()
    {
        _ = _shell.Run("mkfifo log");
        Process first = _shell.Start("head -n 1 log >first");
        Process broker = _shell.Start("exec $B --address=unix:path=bus --print-address 2>log");
        string address = Shell.ReadLine(broker.StandardOutput);
        Assert.That(first.WaitForExit(20_000), Is.True);

        long before = WritesOf(broker);
        Provoke(address, 20);
        AwaitWrites(broker, before + 20);
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Process second = _shell.Start("exec <log; echo open; exec cat");
        Assert.That(Shell.ReadLine(second.StandardOutput), Is.EqualTo("open"));
        string found = ReadUntilLoss(second.StandardOutput, () => Provoke(address, 1), out int provoked);

        Assert.That(File.ReadAllText(_shell.In("first")), Does.Contain("serving"));
        (int written, int lost) = Read(found);
        Assert.That(lost, Is.GreaterThan(0));
        Assert.That(written + lost, Is.LessThanOrEqualTo(20 + provoked));
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
    }

    [Test]
    public void A_disk_that_is_full_and_has_room_again()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root can mount a disk");
        Process broker = _shell.Start(
            "exec unshare --mount sh -c 'mkdir disk; mount -t tmpfs -o size=16k none disk; head -c 12k /dev/zero >disk/filler; exec $B --address=unix:path=$D/bus --print-address 2>disk/log'");
        string address = Shell.ReadLine(broker.StandardOutput);
        string disk = $"/proc/{broker.Id}/root{_shell.In("disk")}";
        Provoke(address, 200);
        AwaitWrites(broker, 200);
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(new FileInfo($"{disk}/log").Length, Is.LessThanOrEqualTo(4096));

        File.Delete($"{disk}/filler");
        Provoke(address, 1);
        string log = _shell.Run($"until grep -q lost {disk}/log; do :; done; cat {disk}/log").Output;

        (int written, int lost) = Read(log);
        Assert.That(lost, Is.GreaterThan(100));
        Assert.That(written + lost, Is.LessThanOrEqualTo(202), "each once; the one that the disk took half of stands there and is counted");
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    [Test]
    public void A_file_that_may_not_grow_is_no_reason_to_end()
    {
        Process broker = _shell.Start("exec prlimit --fsize=400: $B --address=unix:path=bus --print-address 2>log");
        string address = Shell.ReadLine(broker.StandardOutput);

        Provoke(address, 50);

        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(new FileInfo(_shell.In("log")).Length, Is.LessThanOrEqualTo(400));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    /// <summary>Connections that speak no D-Bus: a line in the log for each, written when the connection has gone.</summary>
    private static void Provoke(string address, int count)
    {
        for (int i = 0; i < count; i++)
        {
            using RawPeer peer = RawPeer.Open(address);
            _ = peer.Send("GET / HTTP/1.1\r\n\r\n"u8);
            Assert.That(peer.WaitForClose(), Is.True);
        }
    }

    /// <summary>Waits until the thread that writes the log has tried so many times: what came before does not wait in its queue any more.</summary>
    private static void AwaitWrites(Process broker, long count) =>
        Assert.That(() => WritesOf(broker), Is.AtLeast(count).After(20).Seconds.PollEvery(20).MilliSeconds);

    /// <summary>As the kernel has counted them, with or without success.</summary>
    private static long WritesOf(Process broker)
    {
        const string Count = "syscw: ";
        string thread = Directory.GetDirectories($"/proc/{broker.Id}/task")
            .First(task => ProcessFile.ReadAllText(Path.Combine(task, "comm")) == "log\n");
        string line = File.ReadLines(Path.Combine(thread, "io")).First(line => line.StartsWith(Count, StringComparison.Ordinal));
        return long.Parse(line[Count.Length..], CultureInfo.InvariantCulture);
    }

    private static string ReadUntilLoss(StreamReader reader, Action provoke, out int provoked)
    {
        List<string> lines = [];
        provoked = 0;
        do
        {
            provoke();
            provoked++;
            lines.Add(Shell.ReadLine(reader));
        }
        while (!lines[^1].Contains("were lost"));

        return string.Join('\n', lines);
    }

    private static (int Written, int Lost) Read(string log)
    {
        string[] lines = log.Split('\n');
        return (
            lines.Count(line => line.Contains(Mark)),
            lines.Select(line => Loss().Match(line)).Where(match => match.Success).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));
    }

    [GeneratedRegex(@": info: \[[13]\] (serving unix:|stopping: SIGTERM)")]
    private static partial Regex OfTheBus();

    [GeneratedRegex(" ([0-9]+) log entries were lost")]
    private static partial Regex Loss();
}
