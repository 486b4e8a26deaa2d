using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Cost;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed partial class BusyPollTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [TestCase("", false)]
    [TestCase("--busy-poll=0", false)]
    [TestCase("--busy-poll=1000", true)]
    public void A_bus_that_polls_busily_looks_once_more_before_each_sleep(string option, bool always)
    {
        // A file for each thread: no call is split into two lines by another thread's.
        Process tracer = _shell.Start($"exec strace -ff -o trace -e trace=epoll_wait $B {option} --print-address --print-pid --address=unix:path=bus");
        string address = Shell.ReadLine(tracer.StandardOutput);
        int pid = int.Parse(Shell.ReadLine(tracer.StandardOutput), CultureInfo.InvariantCulture);
        using (FixedConversations peers = new(address))
        {
            _ = peers.Run("call of the bus", 10);
            Assert.That(BusThread.FallsAsleep(pid, TimeSpan.FromSeconds(20)), Is.True);
        }

        _ = _shell.Run($"kill {pid}");
        tracer.WaitForExit();
        string trace = Directory.GetFiles(_shell.Directory, "trace.*").Select(File.ReadAllText).Single(text => Sleep().IsMatch(text));
        int sleeps = Sleep().Count(trace);
        Assert.That(LookAndSleep().Count(trace), always ? Is.EqualTo(sleeps) : Is.LessThan(sleeps));
    }

    [GeneratedRegex(@"^epoll_wait\([0-9]+, .*, 64, (-1|[1-9][0-9]*)\)", RegexOptions.Multiline)]
    private static partial Regex Sleep();

    [GeneratedRegex(@"^epoll_wait\([0-9]+, \[\], 64, 0\) += 0\nepoll_wait\([0-9]+, .*, 64, (-1|[1-9][0-9]*)\)", RegexOptions.Multiline)]
    private static partial Regex LookAndSleep();
}
