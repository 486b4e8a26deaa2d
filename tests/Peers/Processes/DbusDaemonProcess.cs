namespace XcpBroker.Peers.Processes;

/// <summary>dbus-daemon with a configuration of its own that allows everything.</summary>
public sealed class DbusDaemonProcess : BrokerProcess
{
    private DbusDaemonProcess(BrokerStart start)
        : base("dbus-daemon", start)
    {
    }

    /// <summary>Starts one and returns when it serves.</summary>
    public static DbusDaemonProcess Start(BrokerStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        return Running(new DbusDaemonProcess(start), process => process.Run(start));
    }

    private void Run(BrokerStart start)
    {
        string config = Path.Combine(DirectoryPath, "bus.conf");
        File.WriteAllText(config, BusConfiguration.Text(SocketPath, start));
        using PrintedAddress printed = new();
        long before = TimeProvider.System.GetTimestamp();
        Launch(start, ["dbus-daemon", $"--config-file={config}", "--nofork", "--nopidfile", "--print-address=3"], printed.WriteEnd);
        Address = printed.ReadLine(start.Patience) ?? throw Failed("printed no address");
        StartTime = TimeProvider.System.GetElapsedTime(before);
    }
}
