namespace XcpBroker.Peers.Processes;

/// <summary>How a broker is started.</summary>
public sealed record BrokerStart
{
    /// <summary>The only CPU it may run on; null: any.</summary>
    public int? Cpu { get; init; }

    /// <summary>Limits so large that no test load meets them, instead of the program's own defaults.</summary>
    public bool LargeLimits { get; init; } = true;

    /// <summary>Limits by dbus-daemon's names, which dbus-broker does not have.</summary>
    public IReadOnlyDictionary<string, long> Limits { get; init; } = new Dictionary<string, long>();

    /// <summary>
    /// Elements of a configuration file, behind a policy that lets everybody talk to the bus and do nothing else; null: all is allowed.
    /// Not for dbus-broker, whose launcher reads such files.
    /// </summary>
    public string? Configuration { get; init; }

    /// <summary>It listens on TCP on this machine, to clients that say nothing of who they are, instead of on a Unix socket. Not for dbus-broker.</summary>
    public bool OverTcp { get; init; }

    /// <summary>It keeps what must outlive its process, until it is disposed. For xcp-broker alone.</summary>
    public bool KeepsState { get; init; }

    /// <summary>Added to the command line.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>Added to the environment, or replaced in it.</summary>
    public IReadOnlyDictionary<string, string> ExtraEnvironment { get; init; } = new Dictionary<string, string>();

    /// <summary>How long it may take until it can be connected to, and again until it has ended after SIGTERM.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);
}
