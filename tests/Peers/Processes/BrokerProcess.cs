using XcpBroker.Peers.Interop;

namespace XcpBroker.Peers.Processes;

/// <summary>A broker that runs as our child, with a socket and a log in a directory of its own.</summary>
/// <remarks>Disposing stops it by its pid (SIGTERM, then SIGKILL) and removes the directory. The end of this process stops what is left.</remarks>
public abstract class BrokerProcess : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("xcp-peers-");
    private readonly EventHandler _atExit;
    private readonly TimeSpan _patience;
    private ChildProcess? _child;
    private bool _disposed;

    protected BrokerProcess(string name, BrokerStart start)
    {
        Name = name;
        _patience = start.Patience;
        _atExit = (_, _) => Dispose();
        AppDomain.CurrentDomain.ProcessExit += _atExit;
    }

    /// <summary>xcp-broker, dbus-broker or dbus-daemon.</summary>
    public string Name { get; }

    /// <summary>Where clients connect.</summary>
    public string Address { get; protected set; } = "";

    /// <summary>The process id of the broker itself, without any wrapper.</summary>
    public int Pid => Child.Pid;

    /// <summary>From the call that starts the process until its address was known to be served.</summary>
    public TimeSpan StartTime { get; protected set; }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => Child.HasExited;

    /// <summary>Its exit status, 128 + signal for one that was killed, null while it runs.</summary>
    public int? ExitCode => Child.ExitCode;

    /// <summary>What it wrote to its standard output and error.</summary>
    public string Log => File.ReadAllText(LogPath);

    protected string SocketPath => Path.Combine(_directory.FullName, "bus");

    protected string DirectoryPath => _directory.FullName;

    private string LogPath => Path.Combine(_directory.FullName, "log");

    private ChildProcess Child => _child ?? throw new InvalidOperationException($"{Name} was not started");

    /// <summary>CPU time so far.</summary>
    public ProcessUsage Usage() => ProcessUsage.Read(Pid);

    /// <summary>Memory now.</summary>
    public MemoryUse Memory() => MemoryUse.Read(Pid);

    /// <summary>Sends a signal.</summary>
    public void Signal(int signal) => Child.Signal(signal);

    /// <summary>False when it still runs after that time.</summary>
    public bool WaitForExit(TimeSpan timeout) => Child.WaitForExit(timeout);

    /// <summary>SIGTERM, and SIGKILL when that did not end it in time.</summary>
    /// <returns>Its exit status.</returns>
    public int? Stop()
    {
        Child.Signal(LibC.Terminate);
        if (!Child.WaitForExit(_patience))
        {
            Child.Signal(LibC.Kill);
            _ = Child.WaitForExit(_patience);
        }

        return Child.ExitCode;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops the process and removes its directory.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (_disposed || !disposing)
        {
            return;
        }

        _disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= _atExit;
        if (_child is not null)
        {
            _ = Stop();
            _child.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    /// <summary>Starts what a new object stands for; disposes it if that fails.</summary>
    /// <param name="process">The object.</param>
    /// <param name="run">Starts the program, and returns when it serves.</param>
    protected static T Running<T>(T process, Action<T> run)
        where T : BrokerProcess
    {
        try
        {
            run(process);
            return process;
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Starts the program with /dev/null as descriptor 0, the log as 1 and 2, and the given one as 3.</summary>
    protected void Launch(BrokerStart start, IReadOnlyList<string> arguments, int third)
    {
        using FileStream nothing = File.OpenRead("/dev/null");
        using FileStream log = new(LogPath, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        int input = (int)nothing.SafeFileHandle.DangerousGetHandle();
        int output = (int)log.SafeFileHandle.DangerousGetHandle();
        _child?.Dispose();
        _child = CpuAffinity.Within(
            start.Cpu,
            () => ChildProcess.Start([.. arguments, .. start.ExtraArguments], start.ExtraEnvironment, [input, output, output, third]));
    }

    protected InvalidOperationException Failed(string what) =>
        new($"{Name} {what}, {(WaitForExit(TimeSpan.FromSeconds(1)) ? $"exit status {ExitCode}" : "still running")}: {Log}");
}
