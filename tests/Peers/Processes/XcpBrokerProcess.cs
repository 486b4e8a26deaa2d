namespace XcpBroker.Peers.Processes;

/// <summary>The published xcp-broker.</summary>
public sealed class XcpBrokerProcess : BrokerProcess
{
    private readonly BrokerStart _start;

    private XcpBrokerProcess(BrokerStart start)
        : base("xcp-broker", start) => _start = start;

    /// <summary>$XCP_BROKER_BINARY, otherwise artifacts/publish/xcp-broker under the root of the repository.</summary>
    public static string Binary =>
        Environment.GetEnvironmentVariable("XCP_BROKER_BINARY") ?? Path.Combine(Repository.Root, "artifacts", "publish", "xcp-broker");

    /// <summary>Starts one and returns when it serves.</summary>
    public static XcpBrokerProcess Start(BrokerStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        return Running(new XcpBrokerProcess(start), process => process.Run());
    }

    /// <summary>Ends the process and starts another one in its place, which finds what the first has kept.</summary>
    public void Restart()
    {
        _ = Stop();
        Run();
    }

    private void Run()
    {
        using PrintedAddress printed = new();
        long before = TimeProvider.System.GetTimestamp();
        string[] options = _start.Configuration is null && !_start.OverTcp ? Options() : [ConfigurationFile()];
        string[] state = _start.KeepsState ? [$"--state-directory={Path.Combine(DirectoryPath, "state")}"] : [];
        Launch(_start, [Binary, .. options, .. state, "--print-address=3", "--nofork"], printed.WriteEnd);
        Address = printed.ReadLine(_start.Patience) ?? throw Failed("printed no address");
        StartTime = TimeProvider.System.GetElapsedTime(before);
    }

    private string[] Options() =>
        [$"--address=unix:path={SocketPath}", .. _start.Limits.SelectMany(limit => new[] { "--limit", $"{limit.Key}={limit.Value}" })];

    private string ConfigurationFile()
    {
        string file = Path.Combine(DirectoryPath, "bus.conf");
        File.WriteAllText(file, BusConfiguration.Text(SocketPath, _start));
        return $"--config-file={file}";
    }
}
