using System.Diagnostics;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Startup;

/// <summary>How a command ended and what it wrote.</summary>
internal sealed record ShellResult(int ExitCode, string Output, string Error);

/// <summary>Shell scripts around the broker: <c>$B</c> is the binary, <c>$D</c> a directory of this object, also the working directory.</summary>
/// <remarks>A shell says in a word which descriptors are open. What still runs at the end is killed, each by its pid.</remarks>
internal sealed class Shell : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<Process> _running = [];

    internal string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("xcp-startup-").FullName;

    internal string In(string name) => Path.Combine(Directory, name);

    /// <summary>Runs a script to its end, and until its standard output and error are closed by all who hold them.</summary>
    internal ShellResult Run(string script)
    {
        using Process process = Begin(script);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience) || !Task.WaitAll([output, error], Patience))
        {
            process.Kill();
            throw new TimeoutException($"did not end: {script}");
        }

        return new ShellResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Starts a script that goes on; it should end in an exec, so that the process is the broker.</summary>
    internal Process Start(string script)
    {
        Process process = Begin(script);
        _running.Add(process);
        return process;
    }

    /// <summary>Starts the broker with these arguments and reads the address that it prints.</summary>
    internal (Process Broker, string Address) StartBroker(string arguments, string variables = "")
    {
        Process broker = Start($"{variables} exec $B --print-address {arguments}");
        return (broker, ReadLine(broker.StandardOutput));
    }

    internal static string ReadLine(StreamReader reader)
    {
        Task<string?> line = reader.ReadLineAsync();
        Assert.That(line.Wait(Patience), Is.True, "nothing was written");
        return line.Result ?? throw new EndOfStreamException("the broker closed its output");
    }

    /// <summary>Sends a signal and waits for the end.</summary>
    internal static int Signal(Process process, string signal)
    {
        using Process kill = Process.Start("kill", ["-s", signal, $"{process.Id}"]);
        Assert.That(process.WaitForExit(Patience), Is.True, $"SIG{signal} did not end it");
        return process.ExitCode;
    }

    /// <summary>Waits until a file of the directory has that text in it. A log is written behind what happens.</summary>
    internal void AwaitText(string file, string text) =>
        Assert.That(() => File.ReadAllText(In(file)), Does.Contain(text).After((int)Patience.TotalSeconds).Seconds.PollEvery(20).MilliSeconds);

    /// <summary>Waits until somebody listens on that socket of the directory; its file is there a moment before.</summary>
    internal void AwaitListener(string name) => Assert.That(Run(Listening(name)).ExitCode, Is.Zero);

    /// <summary>The same in a script: its socket is in the kernel's table, with the mark of those that accept (__SO_ACCEPTCON).</summary>
    internal static string Listening(string name) => $"until grep -q \" 00010000 .* $D/{name}\\$\" /proc/net/unix; do sleep 0.02; done";

    /// <summary>What the bus at that address answers to GetId, by a client that knows nothing of us; empty when there is none.</summary>
    /// <param name="address">As the broker printed it.</param>
    /// <param name="prefix">A command that executes the client.</param>
    internal string BusId(string address, string prefix = "") => Run(
        $"exec {prefix} dbus-send --bus='{address}' --dest=org.freedesktop.DBus --print-reply=literal / org.freedesktop.DBus.GetId").Output.Trim();

    public void Dispose()
    {
        foreach (Process process in _running)
        {
            if (!process.HasExited)
            {
                process.Kill();
                process.WaitForExit();
            }

            process.Dispose();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }

    private Process Begin(string script)
    {
        Assert.That(
            File.Exists(XcpBrokerProcess.Binary),
            $"no broker to test, first: dotnet publish broker -c Release -o artifacts/publish ({XcpBrokerProcess.Binary})");
        ProcessStartInfo start = new("/bin/sh", ["-c", script])
        {
            WorkingDirectory = Directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["B"] = Path.GetFullPath(XcpBrokerProcess.Binary);
        start.Environment["D"] = Directory;
        return Process.Start(start)!;
    }
}
