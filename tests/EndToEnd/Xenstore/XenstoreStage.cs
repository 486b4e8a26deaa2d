using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Xenstore;

namespace XcpBroker.EndToEnd.Xenstore;

/// <summary>A host with a xenstore of our own, and the published broker on it.</summary>
internal sealed class XenstoreStage : IDisposable
{
    internal const string Uuid = "0123abcd-89ab-cdef-0123-456789abcdef";

    private readonly List<IDisposable> _servers = [];

    internal Shell Shell { get; } = new();

    internal FakeXenstore Store { get; } = new();

    internal string Log => File.Exists(Shell.In("log")) ? File.ReadAllText(Shell.In("log")) : "";

    /// <summary>xenstored: of dom0, or what a domain sees of it.</summary>
    internal FakeXenstoreServer Serve(string name, uint domid)
    {
        FakeXenstoreServer server = new(Store, Shell.In(name), domid);
        _servers.Add(server);
        return server;
    }

    /// <summary>A bus that domains reach by TCP; xenstore is at <c>$D/xenstored</c>.</summary>
    /// <param name="user">The user that it becomes; null: it stays who it is.</param>
    /// <param name="port">Where it listens; 0: anywhere.</param>
    /// <param name="domains">Its domains.</param>
    internal (Process Broker, string Address) StartBus(string? user = null, int port = 0, string domains = $"<domain name=\"nfs-1\" uuid=\"{Uuid}\"/>")
    {
        File.WriteAllText(Shell.In("bus.conf"), $"""
            <busconfig><type>xcp</type>
              {(user is null ? "" : $"<user>{user}</user>")}
              <listen>unix:path=bus</listen>
              <listen>tcp:host=127.0.0.1,port={port}</listen>
              {domains}
              <xenstore address="tcp:host=127.0.0.1,port={(port == 0 ? 1 : port)}"/>
              <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
              <policy domain="*"><allow own_prefix="org.example"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
            </busconfig>
            """);
        Process broker = Shell.Start("chmod 755 $D; exec env XENSTORED_PATH=$D/xenstored $B --print-address --config-file=bus.conf 2>>log");
        return (broker, Shell.ReadLine(broker.StandardOutput));
    }

    /// <summary>Waits until the store is as it should be.</summary>
    internal void Await(Func<bool> isSo, string what) => Assert.That(Store.WaitUntil(isSo, TimeSpan.FromSeconds(30)), Is.True, () => $"{what}; log: {Log}");

    /// <summary>Waits until the broker has said something so many times.</summary>
    internal void AwaitLog(string text, int times = 1) =>
        Assert.That(Shell.Run($"n=0; until [ $(grep -c '{text}' log) -ge {times} ]; do sleep 0.05; n=$((n+1)); [ $n -lt 600 ] || exit 1; done").ExitCode, Is.Zero, () => Log);

    internal string? Token(uint domid) => Store.Find($"/local/domain/{domid}/xcp-bus/token")?.Value;

    public void Dispose()
    {
        foreach (IDisposable server in _servers)
        {
            server.Dispose();
        }

        Shell.Dispose();
    }
}
