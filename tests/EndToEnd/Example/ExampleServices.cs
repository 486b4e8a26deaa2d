using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Example;

/// <summary>The four services of docs/example: compiled where need be, started on a bus, ended.</summary>
internal sealed class ExampleServices : IDisposable
{
    /// <summary>How long the compilers may take on a busy machine.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _programs = Directory.CreateTempSubdirectory("xcp-example-").FullName;
    private readonly Dictionary<string, ClientProcess> _running = [];

    /// <summary>Each serves org.xen.xcp.NAME.</summary>
    internal static IReadOnlyList<string> Names { get; } = ["squeezed", "storage", "xenopsd", "xapi"];

    /// <summary>Their sources and interface files.</summary>
    internal static string Sources { get; } = Path.Combine(Repository.Root, "docs", "example");

    internal ClientProcess this[string name] => _running[name];

    /// <summary>What is executed for one of them.</summary>
    internal string Program(string name) => Path.Combine(Sources, $"{name}.py") is var script && File.Exists(script) ? script : Path.Combine(_programs, name);

    /// <summary>Compiles what is not Python.</summary>
    internal void Build()
    {
        using ClientProcess build = ClientProcess.Start("", Path.Combine(Sources, "build"), _programs);
        ClientResult result = build.WaitForExit(Patience);
        Assert.That(result.ExitCode, Is.Zero, result.ToString);
    }

    /// <summary>Starts them; each has its name when this returns.</summary>
    internal void Start(string address)
    {
        foreach (string name in Names)
        {
            _running[name] = ClientProcess.Start(address, Program(name));
        }

        foreach (string name in Names)
        {
            ClientResult wait = ClientProcess.Run(address, "gdbus", "wait", "--address", address, "--timeout", "15", $"org.xen.xcp.{name}");
            Assert.That(wait.ExitCode, Is.Zero, () => $"{wait}{_running[name].Printed}");
        }
    }

    internal void Stop()
    {
        foreach (ClientProcess service in _running.Values)
        {
            service.Dispose();
        }

        _running.Clear();
    }

    public void Dispose()
    {
        Stop();
        Directory.Delete(_programs, recursive: true);
    }
}
