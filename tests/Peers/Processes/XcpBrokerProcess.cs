namespace XcpBroker.Peers.Processes;

/// <summary>The published xcp-broker.</summary>
public sealed class XcpBrokerProcess : BrokerProcess
{
    private XcpBrokerProcess(BrokerStart start)
        : base("xcp-broker", start)
    {
    }

    /// <summary>$XCP_BROKER_BINARY, otherwise artifacts/publish/xcp-broker under the root of the repository.</summary>
    public static string Binary =>
        Environment.GetEnvironmentVariable("XCP_BROKER_BINARY") ?? Path.Combine(Repository.Root, "artifacts", "publish", "xcp-broker");

    /// <summary>Starts one and returns when it serves.</summary>
    public static XcpBrokerProcess Start(BrokerStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        XcpBrokerProcess process = new(start);
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
        using PrintedAddress printed = new();
        long before = TimeProvider.System.GetTimestamp();
        string[] options = start.Configuration is null ? Options(start) : [ConfigurationFile(start)];
        Launch(start, [Binary, .. options, "--print-address=3", "--nofork"], printed.WriteEnd);
        Address = printed.ReadLine(start.Patience) ?? throw Failed("printed no address");
        StartTime = TimeProvider.System.GetElapsedTime(before);
    }

    private string[] Options(BrokerStart start) =>
        [$"--address=unix:path={SocketPath}", .. start.Limits.SelectMany(limit => new[] { "--limit", $"{limit.Key}={limit.Value}" })];

    private string ConfigurationFile(BrokerStart start)
    {
        string file = Path.Combine(DirectoryPath, "bus.conf");
        File.WriteAllText(file, BusConfiguration.Text(SocketPath, start));
        return $"--config-file={file}";
    }
}
