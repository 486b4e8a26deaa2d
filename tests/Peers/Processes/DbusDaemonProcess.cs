using System.Globalization;
using System.Text;

namespace XcpBroker.Peers.Processes;

/// <summary>dbus-daemon with a configuration of its own that allows everything.</summary>
public sealed class DbusDaemonProcess : BrokerProcess
{
    private static readonly string[] LimitNames =
    [
        "max_incoming_bytes", "max_outgoing_bytes", "max_message_size", "max_incoming_unix_fds", "max_outgoing_unix_fds",
        "max_completed_connections", "max_incomplete_connections", "max_connections_per_user", "max_names_per_connection",
        "max_match_rules_per_connection", "max_replies_per_connection",
    ];

    private DbusDaemonProcess(BrokerStart start)
        : base("dbus-daemon", start)
    {
    }

    /// <summary>Starts one and returns when it serves.</summary>
    public static DbusDaemonProcess Start(BrokerStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        DbusDaemonProcess process = new(start);
        try
        {
            process.Run(start);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    private void Run(BrokerStart start)
    {
        string config = Path.Combine(DirectoryPath, "bus.conf");
        File.WriteAllText(config, Configuration(SocketPath, start));
        using PrintedAddress printed = new();
        long before = TimeProvider.System.GetTimestamp();
        Launch(start, ["dbus-daemon", $"--config-file={config}", "--nofork", "--nopidfile", "--print-address=3"], printed.WriteEnd);
        Address = printed.ReadLine(start.Patience) ?? throw Failed("printed no address");
        StartTime = TimeProvider.System.GetElapsedTime(before);
    }

    private static string Configuration(string socket, BrokerStart start)
    {
        StringBuilder limits = new();
        foreach (string name in start.LargeLimits ? LimitNames : [])
        {
            Append(limits, name, 1_000_000_000);
        }

        foreach ((string name, long value) in start.Limits)
        {
            Append(limits, name, value);
        }

        return $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <type>session</type>
              <auth>EXTERNAL</auth>
              <listen>unix:path={socket}</listen>
              <policy context="default">
                <allow send_destination="*" eavesdrop="true"/>
                <allow eavesdrop="true"/>
                <allow own="*"/>
              </policy>
            {limits}</busconfig>
            """;
    }

    private static void Append(StringBuilder limits, string name, long value) =>
        limits.Append(CultureInfo.InvariantCulture, $"  <limit name=\"{name}\">{value}</limit>\n");
}
