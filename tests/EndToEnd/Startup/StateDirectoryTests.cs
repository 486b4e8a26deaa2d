using System.Diagnostics;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class StateDirectoryTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void Unique_names_never_come_back_after_a_restart()
    {
        foreach (string expected in (string[])[":1.0", ":2.0", ":3.0"])
        {
            (Process broker, string address) = _shell.StartBroker("--address=unix:path=bus --state-directory=sub/state");
            using (RawPeer peer = RawPeer.Connect(address))
            {
                Assert.That(peer.UniqueName, Is.EqualTo(expected));
            }

            broker.Kill();
            broker.WaitForExit();
        }
    }

    [Test]
    public void Without_a_state_directory_they_begin_with_1()
    {
        for (int start = 0; start < 2; start++)
        {
            (Process broker, string address) = _shell.StartBroker("--address=unix:path=bus");
            using RawPeer peer = RawPeer.Connect(address);

            Assert.That(peer.UniqueName, Is.EqualTo(":1.0"));
            Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        }
    }

    [TestCase("echo x >state/epoch", "state/epoch: not a number")]
    [TestCase("echo 4294967295 >state/epoch", "state/epoch: ")]
    [TestCase("rmdir state; echo x >state", "state/epoch: ")]
    public void What_cannot_be_counted_on_is_an_error_and_leaves_no_socket(string spoil, string expected)
    {
        ShellResult result = _shell.Run($"mkdir state; {spoil}; exec timeout 10 $B --address=unix:path=bus --state-directory=state");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain(expected).And.StartsWith("xcp-broker: ").And.EndsWith("\n"));
        Assert.That(File.Exists(_shell.In("bus")), Is.False);
    }
}
