using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Interop;

namespace XcpBroker.EndToEnd.Transports;

/// <summary><c>systemd:</c>: sockets that systemd-socket-activate(1) opens and passes, as systemd does.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SocketActivationTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void A_Unix_socket_is_served_and_left_where_it_is()
    {
        Process broker = Activate("-l $D/bus");
        string address = $"unix:path={_shell.Directory}/bus";
        string id = BusId(address); // this connection is what starts it
        string printed = ReadAddress();

        Assert.That(printed, Does.Match($"^{address},guid=[0-9a-f]{{32}}\n$"));
        Assert.That((id.Length, BusId(printed.Trim())), Is.EqualTo((32, id)));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(File.Exists(_shell.In("bus")), Is.True, "it is systemd's to remove");
    }

    [Test]
    public void Several_sockets_of_all_kinds_are_one_bus_with_an_address_and_a_guid_each()
    {
        using ReservedPort port = new();
        _ = Activate($"-l $D/bus -l '@{_shell.Directory}' -l 127.0.0.1:{port.Number}");
        string id = BusId($"unix:path={_shell.Directory}/bus");
        string[] printed = ReadAddress().Trim().Split(';');

        Assert.That(printed, Has.Length.EqualTo(3));
        Assert.That(printed[1], Does.StartWith($"unix:abstract={_shell.Directory},guid="));
        Assert.That(printed[2], Does.Match($"^tcp:host=127.0.0.1,port={port.Number},family=ipv4,guid=[0-9a-f]{{32}}$"));
        Assert.That(printed.Select(address => address[^32..]), Is.Unique);
        Assert.That(printed.Select(BusId), Is.All.EqualTo(id));
    }

    [Test]
    public void Sockets_and_other_addresses_go_together()
    {
        _ = Activate("-l $D/bus", "'systemd:guid=00112233445566778899aabbccddeeff;unix:path=own'");
        string id = BusId($"unix:path={_shell.Directory}/bus");

        Assert.That(ReadAddress(), Does.StartWith($"unix:path={_shell.Directory}/bus,guid=00112233445566778899aabbccddeeff;unix:path="));
        Assert.That(BusId($"unix:path={_shell.Directory}/own"), Is.EqualTo(id));
    }

    [Test]
    public void A_socket_that_is_bound_to_a_configured_address_is_taken_over()
    {
        Process broker = Activate("-l $D/bus", "'unix:path=other;unix:path=bus,guid=00112233445566778899aabbccddeeff'");
        string id = BusId($"unix:path={_shell.Directory}/bus");

        Assert.That(ReadAddress(), Does.Match($"^unix:path={_shell.Directory}/other,guid=[0-9a-f]{{32}};unix:path={_shell.Directory}/bus,guid=00112233445566778899aabbccddeeff\n$"));
        Assert.That((id.Length, BusId($"unix:path={_shell.Directory}/other")), Is.EqualTo((32, id)));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That((File.Exists(_shell.In("bus")), File.Exists(_shell.In("other"))), Is.EqualTo((true, false)), "one is systemd's, one our own");
    }

    [Test]
    public void A_socket_that_no_address_names_is_said_to_be_served_by_nobody()
    {
        Process broker = _shell.Start("exec 2>&1; exec systemd-socket-activate -l $D/odd --fdname=odd $B --address=unix:path=bus");
        _ = Shell.ReadLine(broker.StandardOutput);
        _ = _shell.Run("/usr/bin/python3 -c \"import socket, os; socket.socket(socket.AF_UNIX).connect(os.environ['D'] + '/odd')\"");

        while (!Shell.ReadLine(broker.StandardOutput).Contains("a socket was passed ('odd') that no address names"))
        {
        }
    }

    [Test]
    public void A_datagram_socket_is_refused_by_its_number_and_name()
    {
        Process broker = _shell.Start("exec 2>&1; exec systemd-socket-activate -d -l $D/bus --fdname=odd $B --address=systemd:");
        _ = Shell.ReadLine(broker.StandardOutput);
        _ = _shell.Run("/usr/bin/python3 -c \"import socket, os; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(os.environ['D'] + '/bus'); s.send(b'x')\"");

        Assert.That(broker.StandardOutput.ReadToEnd(), Does.Contain("systemd:: descriptor 3 ('odd') is not a Unix, TCP or vsock stream socket that listens"));
    }

    [TestCase("", "no socket was passed to this process")]
    [TestCase("LISTEN_PID=1 LISTEN_FDS=1", "no socket was passed to this process")]
    public void Without_sockets_for_this_process_it_does_not_start(string environment, string expected)
    {
        ShellResult result = _shell.Run($"exec env {environment} timeout 20 $B --address=systemd:");

        Assert.That((result.ExitCode, result.Error), Is.EqualTo((1, result.Error)));
        Assert.That(result.Error, Does.Contain(expected));
    }

    [Test]
    public void It_does_not_go_with_fork()
    {
        ShellResult result = _shell.Run("exec timeout 20 $B --fork --address=systemd:");

        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("systemd:: cannot be used with --fork"));
    }

    private Process Activate(string sockets, string address = "systemd:")
    {
        Process launcher = _shell.Start(
            $"exec 2>&1; exec systemd-socket-activate {sockets} -E HOME=$D $B --address={address} --print-address=1 >address");
        _shell.AwaitListener("bus");
        return launcher;
    }

    private string ReadAddress() => _shell.Run("until [ -s address ]; do sleep 0.05; done; cat address").Output;

    private string BusId(string address) => _shell.Run(
        $"HOME=$D exec timeout 20 dbus-send --bus='{address}' --dest=org.freedesktop.DBus --print-reply=literal / org.freedesktop.DBus.GetId").Output.Trim();
}
