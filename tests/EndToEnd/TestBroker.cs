using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd;

/// <summary>Brokers for the tests of this project.</summary>
internal static class TestBroker
{
    /// <summary>The broker under test: ours, unless XCP_E2E_TARGET names dbus-daemon or dbus-broker.</summary>
    internal static string Target => Environment.GetEnvironmentVariable("XCP_E2E_TARGET") ?? "xcp-broker";

    /// <summary>Starts the broker under test.</summary>
    internal static BrokerProcess Start() => Start(Target, new Dictionary<string, long>());

    /// <exception cref="FileNotFoundException">Our binary is not there.</exception>
    internal static BrokerProcess Start(string name, IReadOnlyDictionary<string, long> limits, string? configuration = null)
    {
        BrokerStart start = new() { Limits = limits, LargeLimits = false, Configuration = configuration };
        switch (name)
        {
            case "dbus-daemon":
                return DbusDaemonProcess.Start(start);
            case "dbus-broker":
                return DbusBrokerProcess.Start(start);
            default:
                string binary = XcpBrokerProcess.Binary;
                return File.Exists(binary)
                    ? XcpBrokerProcess.Start(start)
                    : throw new FileNotFoundException($"no {binary}, first: dotnet publish broker -c Release -o artifacts/publish");
        }
    }
}
