using System.Diagnostics;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SignalTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [TestCase("TERM")]
    [TestCase("INT")]
    public void The_broker_ends_and_removes_its_sockets(string signal)
    {
        (Process broker, string address) = _shell.StartBroker("--address='unix:path=one;unix:path=two'");
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));

        Assert.That(Shell.Signal(broker, signal), Is.Zero);
        Assert.That(File.Exists(_shell.In("one")) || File.Exists(_shell.In("two")), Is.False);
        Assert.That(broker.StandardError.ReadToEnd(), Does.Contain($"stopping: SIG{signal}"));
    }

    // The address is printed before the host is built: these signals come at every stage of that.
    [Test]
    public void A_signal_as_soon_as_the_address_is_there_is_as_clean_as_any([Range(0, 14)] int _)
    {
        (Process broker, string _) = _shell.StartBroker("--address=unix:path=bus");

        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero, () => broker.StandardError.ReadToEnd());
        Assert.That(File.Exists(_shell.In("bus")), Is.False);
    }

    [Test]
    public void Two_signals_are_one()
    {
        (Process broker, string _) = _shell.StartBroker("--address=unix:path=bus");

        Assert.That(_shell.Run($"kill {broker.Id}; kill -INT {broker.Id}; kill {broker.Id}").Output, Is.Empty);
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    [Test]
    public void SIGHUP_is_noted_and_nothing_ends()
    {
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=bus");
        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("serving"));
        using Process kill = Process.Start("kill", ["-HUP", $"{broker.Id}"]);

        Assert.That(Shell.ReadLine(broker.StandardError), Does.Contain("SIGHUP"));
        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
    }

    [Test]
    public void The_limit_of_open_files_is_raised_to_the_hard_one()
    {
        Process broker = _shell.Start("ulimit -Sn 100; exec $B --print-address --address=unix:path=bus");
        _ = Shell.ReadLine(broker.StandardOutput);
        string[] limits = File.ReadLines($"/proc/{broker.Id}/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);

        Assert.That(limits[3], Is.EqualTo(limits[4]));
        Assert.That(limits[3], Is.Not.EqualTo("100"));
    }
}
