using System.Globalization;
using System.Text;

namespace XcpBroker.Peers.Processes;

/// <summary>The configuration file that a broker is started with.</summary>
internal static class BusConfiguration
{
    private const string AllowAll = """
          <policy context="default">
            <allow send_destination="*" eavesdrop="true"/>
            <allow eavesdrop="true"/>
            <allow own="*"/>
          </policy>
        """;

    private const string AllowTalkingToTheBus = """
          <policy context="default">
            <allow send_destination="org.freedesktop.DBus"/>
            <allow receive_sender="org.freedesktop.DBus"/>
          </policy>
        """;

    private static readonly string[] LimitNames =
    [
        "max_incoming_bytes", "max_outgoing_bytes", "max_message_size", "max_incoming_unix_fds", "max_outgoing_unix_fds",
        "max_completed_connections", "max_incomplete_connections", "max_connections_per_user", "max_names_per_connection",
        "max_match_rules_per_connection", "max_replies_per_connection",
    ];

    internal static string Text(string socket, BrokerStart start)
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

        string ends = start.OverTcp
            ? "<listen>tcp:host=127.0.0.1,port=0</listen><auth>ANONYMOUS</auth><allow_anonymous/>"
            : $"<listen>unix:path={socket}</listen><auth>EXTERNAL</auth>";
        return $"""
            <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
             "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
            <busconfig>
              <type>session</type>
              {ends}
            {(start.Configuration is { } elements ? AllowTalkingToTheBus + elements : AllowAll)}
            {limits}</busconfig>
            """;
    }

    private static void Append(StringBuilder limits, string name, long value) =>
        limits.Append(CultureInfo.InvariantCulture, $"  <limit name=\"{name}\">{value}</limit>\n");
}
