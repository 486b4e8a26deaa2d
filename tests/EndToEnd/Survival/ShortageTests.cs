using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Survival;

/// <summary>The process has no descriptors for a while: who is served goes on being served, who comes waits, nobody is lost.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ShortageTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void Without_descriptors_who_connects_waits_and_who_is_connected_is_served()
    {
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=$D/bus");
        using RawPeer connected = RawPeer.Connect(address);
        SetOpenFiles(broker, 3); // whatever is closed meanwhile, what is below this is not

        Process[] waiting = [.. Enumerable.Range(0, 5).Select(_ => Ask(address))];
        Assert.That(ReadUntil(broker.StandardError, "accept failed: Too many open files"), Is.True);
        for (int i = 0; i < 100; i++)
        {
            Assert.That(connected.Call(RawPeer.Bus("GetId")).FirstString, Has.Length.EqualTo(32));
        }

        Assert.That(waiting.Count(client => client.HasExited), Is.Zero);
        SetOpenFiles(broker, 1000);

        Assert.That(waiting.Select(client => client.StandardOutput.ReadToEnd().Trim().Length), Is.All.EqualTo(32));
        Assert.That(connected.Call(RawPeer.Bus("GetId")).FirstString, Has.Length.EqualTo(32));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(broker.StandardError.ReadToEnd(), Does.Not.Contain("accept failed"), "once an episode");
    }

    [Test]
    public async Task A_descriptor_that_becomes_free_is_the_next_ones()
    {
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=$D/bus");
        using RawPeer stays = RawPeer.Connect(address);
        RawPeer goes = RawPeer.Connect(address);
        Task failure = Task.Run(() => ReadUntil(broker.StandardError, "accept failed: Too many open files"));
        Process waiting;
        do
        {
            // What the start of the broker opens for a moment may leave a number free behind it: then one is served, and the next is not.
            SetOpenFiles(broker, Enumerable.Range(0, int.MaxValue).First(number => !Path.Exists($"/proc/{broker.Id}/fd/{number}")));
            waiting = Ask(address);
            await Task.WhenAny(failure, waiting.WaitForExitAsync());
        }
        while (!failure.IsCompleted);

        await failure;
        goes.Dispose();

        Assert.That(waiting.StandardOutput.ReadToEnd().Trim(), Has.Length.EqualTo(32));
        Assert.That(stays.Call(RawPeer.Bus("GetId")).FirstString, Has.Length.EqualTo(32));
    }

    /// <summary>Whatever needs a descriptor is refused, even what has never been done before, and goes well afterwards.</summary>
    [Test]
    public void Without_descriptors_what_a_peer_asks_for_is_an_error_and_the_bus_goes_on()
    {
        Directory.CreateDirectory(_shell.In("services"));
        File.WriteAllText(_shell.In("services/org.example.A.service"), "[D-BUS Service]\nName=org.example.A\nExec=/bin/false\n");
        File.WriteAllText(
            _shell.In("bus.conf"),
            $"<busconfig><type>xcp</type><listen>unix:path={_shell.In("bus")}</listen><servicedir>services</servicedir><policy context='default'>"
            + "<allow user='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy></busconfig>");
        (Process broker, string address) = _shell.StartBroker("--config-file=bus.conf --state-directory=$D/state");
        using RawPeer peer = RawPeer.Connect(address);
        SetOpenFiles(broker, 3);

        Assert.That(peer.Call(RawPeer.Bus("ReloadConfig")).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.Failed"));
        Assert.That(Start(peer).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.Spawn.Failed"));
        Assert.That(peer.Call(RawPeer.Bus("GetId")).FirstString, Has.Length.EqualTo(32));
        SetOpenFiles(broker, 1000);

        Assert.That(peer.Call(RawPeer.Bus("ReloadConfig")).ErrorName, Is.Null);
        Assert.That(Start(peer).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.Spawn.ChildExited"));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    private static PeerMessage Start(RawPeer peer) => peer.Call(RawPeer.Bus("StartServiceByName", "su"), arguments =>
    {
        arguments.WriteString("org.example.A");
        arguments.WriteUInt32(0);
    });

    private Process Ask(string address) =>
        _shell.Start($"exec dbus-send --bus='{address}' --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus.GetId");

    private void SetOpenFiles(Process process, int limit)
    {
        ShellResult result = _shell.Run($"exec prlimit --pid {process.Id} --nofile={limit}:");
        Assert.That(result.ExitCode, Is.Zero, result.Error);
    }

    private static bool ReadUntil(StreamReader reader, string text)
    {
        while (!Shell.ReadLine(reader).Contains(text))
        {
        }

        return true;
    }
}
