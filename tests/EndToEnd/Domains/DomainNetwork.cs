using System.Diagnostics;
using System.Globalization;
using System.Net;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Interop;
using XcpBroker.Peers.Raw;

namespace XcpBroker.EndToEnd.Domains;

/// <summary>A host with domains: each a network namespace with a link of its own to the host's, which is one too. Nothing of the machine's own network is touched.</summary>
/// <remarks>The bus listens on <see cref="Host"/> in the host's namespace, and on a Unix socket for who is of the host. Needs root and ip(8).</remarks>
internal sealed class DomainNetwork : IDisposable
{
    private const int Port = 5555;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static int _networks;

    private readonly Shell _shell = new();
    private readonly List<string> _domains = [];
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"xcp{Environment.ProcessId}n{Interlocked.Increment(ref _networks)}");

    /// <param name="domains">The domains that have a link.</param>
    internal DomainNetwork(params IReadOnlyList<string> domains)
    {
        Ip($"netns add {_prefix}");
        Ip($"-n {_prefix} link set lo up", $"-n {_prefix} addr add {Host}/32 dev lo");
        foreach (string domain in domains)
        {
            Add(domain);
        }
    }

    /// <summary>Where the bus listens.</summary>
    internal static IPAddress Host { get; } = IPAddress.Parse("10.0.255.1");

    /// <summary>For who is of the host.</summary>
    internal string Address => $"unix:path={In("bus")}";

    internal string Log => File.ReadAllText(In("log"));

    internal string In(string name) => _shell.In(name);

    /// <summary>The address of a domain's end of its link.</summary>
    internal IPAddress AddressOf(string domain) => LinkAddress(_domains.IndexOf(domain), 2);

    /// <summary>Starts the bus in the host's namespace.</summary>
    /// <param name="elements">The configuration but for its type, its addresses and what users of the host may: everything.</param>
    /// <param name="listen">Attributes of the TCP listener.</param>
    internal Process Start(string elements, string listen = "")
    {
        File.WriteAllText(In("bus.conf"), $"""
            <busconfig>
              <type>xcp</type>
              <listen>unix:path={In("bus")}</listen><listen{listen}>tcp:host={Host},port={Port}</listen>
              <policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>
              {elements}
            </busconfig>
            """);
        Process broker = _shell.Start($"exec ip netns exec {_prefix} $B --print-address --config-file=bus.conf 2>log");
        _ = Shell.ReadLine(broker.StandardOutput);
        return broker;
    }

    /// <summary>Connects from a domain, and says nothing; null if that does not come about.</summary>
    internal RawPeer? TryOpen(string domain, IPAddress? from = null, TimeSpan? patience = null) =>
        NetworkNamespace.TryConnect(NamespaceOf(domain), new IPEndPoint(Host, Port), from, patience ?? Patience) is { } socket ? RawPeer.Over(socket) : null;

    /// <summary>Connects from a domain, is known by its address, and says Hello.</summary>
    internal RawPeer Connect(string domain)
    {
        RawPeer peer = TryOpen(domain) ?? throw new InvalidOperationException($"no way from {domain} to the host");
        peer.Authenticate();
        peer.Hello();
        return peer;
    }

    /// <summary>Runs a script in a domain; $BUS is the bus's address there.</summary>
    internal ShellResult Run(string domain, string script)
    {
        File.WriteAllText(In("script"), script);
        return _shell.Run($"BUS=tcp:host={Host},port={Port} exec ip netns exec {NamespaceOf(domain)} sh script");
    }

    /// <summary>Runs a script on the host.</summary>
    internal ShellResult Run(string script) => _shell.Run(script);

    /// <summary>Pulls a domain's cable out: nobody is told.</summary>
    internal void Cut(string domain) => Ip($"-n {_prefix} link set d{_domains.IndexOf(domain)} down");

    internal void Plug(string domain) => Ip($"-n {_prefix} link set d{_domains.IndexOf(domain)} up");

    /// <summary>Gives a domain another address besides its own.</summary>
    internal void AddAddress(string domain, IPAddress address) => Ip($"-n {NamespaceOf(domain)} addr add {address}/32 dev eth0");

    /// <summary>A domain's element, known by its address.</summary>
    internal string Element(string domain, string content = "", string attributes = "") =>
        $"<domain name=\"{domain}\" {attributes}><source tcp=\"{AddressOf(domain)}\"/>{content}</domain>";

    public void Dispose()
    {
        _shell.Dispose();
        foreach (string domain in _domains)
        {
            Ip($"netns del {NamespaceOf(domain)}");
        }

        Ip($"netns del {_prefix}");
    }

    private static IPAddress LinkAddress(int link, int end) => new([10, 0, (byte)(link / 64), (byte)((4 * (link % 64)) + end)]);

    private void Add(string domain)
    {
        int link = _domains.Count;
        _domains.Add(domain);
        string space = NamespaceOf(domain);
        Ip($"netns add {space}");
        Ip(
            $"-n {_prefix} link add d{link} type veth peer name eth0 netns {space}",
            $"-n {_prefix} addr add {LinkAddress(link, 1)}/30 dev d{link}",
            $"-n {_prefix} link set d{link} up",
            $"-n {space} addr add {LinkAddress(link, 2)}/30 dev eth0",
            $"-n {space} link set eth0 up",
            $"-n {space} link set lo up",
            $"-n {space} route add default via {LinkAddress(link, 1)}");
    }

    private string NamespaceOf(string domain) => $"{_prefix}-{domain}";

    private static void Ip(params ReadOnlySpan<string> commands)
    {
        string script = string.Join(" && ", commands.ToArray().Select(command => $"ip {command}"));
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script]) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{script}: {error}");
    }
}
