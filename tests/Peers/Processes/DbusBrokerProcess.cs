using XcpBroker.Peers.Interop;

namespace XcpBroker.Peers.Processes;

/// <summary>dbus-broker without systemd and without its launcher: we are its controller.</summary>
public sealed class DbusBrokerProcess : BrokerProcess
{
    private BrokerController? _controller;

    private DbusBrokerProcess(BrokerStart start)
        : base("dbus-broker", start)
    {
    }

    /// <summary>Starts one and returns when it serves.</summary>
    public static DbusBrokerProcess Start(BrokerStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        if (start.OverTcp)
        {
            throw new NotSupportedException("dbus-broker has no TCP");
        }

        return Running(new DbusBrokerProcess(start), process => process.Run(start));
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _controller?.Dispose();
    }

    private void Run(BrokerStart start)
    {
        using StreamSocket listener = StreamSocket.Listen(SocketPath);
        (StreamSocket ours, StreamSocket theirs) = StreamSocket.Pair();
        long before = TimeProvider.System.GetTimestamp();
        using (theirs)
        {
            Launch(start, Arguments(start.LargeLimits), theirs.Descriptor);
        }

        _controller = new BrokerController(ours, listener);
        Address = $"unix:path={SocketPath}";
        StartTime = TimeProvider.System.GetElapsedTime(before);
    }

    private static string[] Arguments(bool largeLimits)
    {
        string[] always = ["dbus-broker", "--controller", "3", "--machine-id", MachineId()];
        const string Large = "1000000000000";
        return largeLimits
            ? [.. always, "--max-bytes", Large, "--max-fds", Large, "--max-matches", Large, "--max-objects", Large]
            : always;
    }

    private static string MachineId() =>
        File.Exists("/etc/machine-id") && File.ReadAllText("/etc/machine-id").Trim() is { Length: 32 } id ? id : new string('0', 31) + '1';
}
