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

    [TestCase("", 0)]
    [TestCase("--busy-poll=0", 0)]
    [TestCase("--busy-poll=1000", 10)]
    public void A_bus_that_polls_busily_looks_again_before_it_sleeps_and_sleeps_then(string option, int least)
    {
        Process tracer = _shell.Start($"exec strace -f -o trace -e trace=epoll_wait $B {option} --print-address --print-pid --address=unix:path=bus");
        string address = Shell.ReadLine(tracer.StandardOutput);
        int pid = int.Parse(Shell.ReadLine(tracer.StandardOutput), CultureInfo.InvariantCulture);
        using (FixedConversations peers = new(address))
        {
            _ = peers.Run("call of the bus", 10);
            Assert.That(BusThread.FallsAsleep(pid, TimeSpan.FromSeconds(20)), Is.True);
        }

        _ = _shell.Run($"kill {pid}");
        tracer.WaitForExit();
        int looks = FruitlessLook().Count(File.ReadAllText(_shell.In("trace")));
        Assert.That(looks, least == 0 ? Is.Zero : Is.AtLeast(least));
    }

    [GeneratedRegex(@"epoll_wait\([0-9]+, \[\], 64, 0\) += 0$", RegexOptions.Multiline)]
    private static partial Regex FruitlessLook();
}
