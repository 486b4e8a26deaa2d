using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace XcpBroker.EndToEnd.Startup;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ServiceManagerTests : IDisposable
{
    private readonly Shell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Test]
    public void The_service_manager_hears_ready_signs_of_life_and_stopping()
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        manager.Bind(new UnixDomainSocketEndPoint(_shell.In("notify")));
        Process broker = _shell.Start("NOTIFY_SOCKET=$D/notify WATCHDOG_USEC=200000 WATCHDOG_PID=$$ exec $B --address=unix:path=bus");

        Assert.That(Receive(manager), Is.EqualTo("READY=1"));
        Assert.That(Receive(manager), Is.EqualTo("WATCHDOG=1"));
        Assert.That(Receive(manager), Is.EqualTo("WATCHDOG=1"));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(Rest(manager).Where(state => state != "WATCHDOG=1"), Is.EqualTo((string[])["STOPPING=1"]));
    }

    // A manager that does not read holds up the host in its start: READY=1 cannot be sent.
    [Test]
    public void The_bus_serves_before_the_host_has_started()
    {
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        manager.Bind(new UnixDomainSocketEndPoint(_shell.In("notify")));
        int fillers = Fill(_shell.In("notify"));
        (Process broker, string address) = _shell.StartBroker("--address=unix:path=bus", "NOTIFY_SOCKET=$D/notify");

        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        for (int i = 0; i < fillers; i++)
        {
            Assert.That(Receive(manager), Is.EqualTo("filler"));
        }

        Assert.That(Receive(manager), Is.EqualTo("READY=1"));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    [Test]
    public void A_service_manager_that_has_gone_is_no_reason_to_end()
    {
        Process broker = _shell.Start("NOTIFY_SOCKET=$D/none WATCHDOG_USEC=200000 exec $B --print-address --address=unix:path=bus");
        string address = Shell.ReadLine(broker.StandardOutput);
        while (!Shell.ReadLine(broker.StandardError).Contains("READY=1"))
        {
        }

        Assert.That(_shell.BusId(address), Has.Length.EqualTo(32));
        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
    }

    /// <summary>Sends until the queue takes no more; returns how many datagrams it holds.</summary>
    private static int Fill(string path)
    {
        using Socket sender = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        sender.Connect(new UnixDomainSocketEndPoint(path));
        int sent = 0;
        try
        {
            while (true)
            {
                _ = sender.Send("filler"u8);
                sent++;
            }
        }
        catch (SocketException full) when (full.SocketErrorCode == SocketError.WouldBlock)
        {
            return sent;
        }
    }

    private static string Receive(Socket manager)
    {
        byte[] message = new byte[256];
        return Encoding.ASCII.GetString(message, 0, manager.Receive(message));
    }

    private static IEnumerable<string> Rest(Socket manager)
    {
        while (manager.Available > 0)
        {
            yield return Receive(manager);
        }
    }
}
