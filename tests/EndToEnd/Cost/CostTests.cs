using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using XcpBroker.EndToEnd.Startup;

namespace XcpBroker.EndToEnd.Cost;

/// <summary>What a message costs, in units that no clock and no other load changes: instructions and system calls.</summary>
/// <remarks>A figure that has changed for a reason is recorded anew here, and in docs/benchmarks.md.</remarks>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class CostTests : IDisposable
{
    /// <summary>Other CPUs have other vector instructions, other libcs other memcpys. Percent.</summary>
    private const int Margin = 15;

    private const int WarmUp = 50;
    private const int Rounds = 1000;

    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    /// <summary>Of the broker, in user space; counted by callgrind, which cannot read the file of symbols beside the binary: hence the copy.</summary>
    [TestCase("ping-pong", 3160)]
    [TestCase("one-way, batched", 1395)]
    [TestCase("fan-out", 1285)]
    [TestCase("call of the bus", 3705)]
    public void Instructions_per_message_are_those_recorded(string conversation, int recorded)
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        manager.Bind(new UnixDomainSocketEndPoint(_shell.In("notify")));
        Process broker = _shell.Start(
            "cp $B broker; export NOTIFY_SOCKET=$D/notify;"
            + " exec valgrind -q --tool=callgrind --callgrind-out-file=$D/counted ./broker --print-address --address=unix:path=bus");
        using FixedConversations peers = new(Shell.ReadLine(broker.StandardOutput));

        // The bus serves before the host around it is there, which takes ten million instructions on another thread: READY=1.
        Assert.That(manager.Receive(new byte[64]), Is.Positive);
        _ = peers.Run(conversation, WarmUp);
        Control("--zero");
        int messages = peers.Run(conversation, Rounds);
        Control("--dump");

        string summary = File.ReadLines(_shell.In("counted.1")).Single(static line => line.StartsWith("totals: ", StringComparison.Ordinal));
        long counted = long.Parse(summary.Split(' ')[1], CultureInfo.InvariantCulture) / messages;
        TestContext.Out.WriteLine($"{conversation}: {counted}");
        Assert.That(counted, Is.EqualTo(recorded).Within(Margin).Percent);

        void Control(string act) => Assert.That(_shell.Run($"callgrind_control {act} {broker.Id}").ExitCode, Is.Zero);
    }

    /// <summary>Of the bus's thread: an epoll_wait, a recv and a send for a message that comes alone and goes to one.</summary>
    [TestCase("ping-pong", 3, 1)]
    [TestCase("one-way, batched", 3, FixedConversations.Batch)]
    [TestCase("fan-out", 18, 16)]
    [TestCase("call of the bus", 3, 1)]
    public void System_calls_are_as_few_as_can_be(string conversation, int calls, int messages)
    {
        (int shortCalls, int shortMessages) = Trace(conversation, WarmUp);
        (int longCalls, int longMessages) = Trace(conversation, Rounds);

        Assert.That((double)(longCalls - shortCalls) / (longMessages - shortMessages), Is.EqualTo((double)calls / messages).Within(5).Percent);
    }

    [GeneratedRegex("^[0-9]+ +(epoll_wait|recvmsg|recvfrom|sendmsg|sendto|read|write|epoll_ctl|futex|clock_gettime)\\(", RegexOptions.Multiline)]
    private static partial Regex Call();

    private (int Calls, int Messages) Trace(string conversation, int rounds)
    {
        Process tracer = _shell.Start("exec strace -f -o trace $B --print-address --print-pid --address=unix:path=bus");
        string address = Shell.ReadLine(tracer.StandardOutput);
        string pid = Shell.ReadLine(tracer.StandardOutput);
        int messages;
        using (FixedConversations peers = new(address))
        {
            messages = peers.Run(conversation, rounds);
        }

        _ = _shell.Run($"kill {pid}");
        tracer.WaitForExit();
        return (Call().Count(File.ReadAllText(_shell.In("trace"))), messages);
    }
}
