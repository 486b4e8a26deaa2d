using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Activation;

/// <summary>A bus with a directory of services, and clients that nobody here wrote.</summary>
internal sealed class ActivationStage : IDisposable
{
    private const string Policy =
        "<policy context='default'><allow user='*'/><allow own='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy>";

    private readonly Shell _shell = new();
    private Process? _broker;

    internal ActivationStage() => Directory.CreateDirectory(_shell.In("services"));

    /// <summary>The address of the bus.</summary>
    internal string Address { get; private set; } = "";

    /// <summary>The python program that offers org.example.Activated.</summary>
    internal static string Program { get; } = Path.Combine(Repository.Root, "tests", "EndToEnd", "Activation", "activated.py");

    internal string In(string name) => _shell.In(name);

    /// <summary>Lets other users come through it to the socket, the descriptors and the scripts.</summary>
    internal void OpenToOthers() => File.SetUnixFileMode(_shell.Directory, (UnixFileMode)0x1ed); // 0755

    /// <summary>Describes a service.</summary>
    /// <param name="name">Its name; {PROGRAM} in the rest is the command that runs activated.py.</param>
    /// <param name="lines">The descriptor without its section and Name.</param>
    internal ActivationStage Describe(string name, params string[] lines)
    {
        string text = string.Join('\n', lines).Replace("{PROGRAM}", $"/usr/bin/python3 {Program}", StringComparison.Ordinal);
        File.WriteAllText(In($"services/{name}.service"), $"[D-BUS Service]\nName={name}\n{text}\n");
        return this;
    }

    /// <summary>Starts a bus.</summary>
    /// <param name="command">The broker; by default the published one.</param>
    /// <param name="type">The type of the bus.</param>
    /// <param name="limits">Limits, as elements of the configuration.</param>
    /// <param name="prefix">Goes before the command, for example variables of its environment.</param>
    internal ActivationStage Start(string command = "$B", string type = "session", string limits = "", string prefix = "")
    {
        string socket = In($"bus-{Guid.NewGuid():N}");
        File.WriteAllText(In("bus.conf"), $"<busconfig><type>{type}</type><listen>unix:path={socket}</listen><servicedir>{In("services")}</servicedir>{limits}{Policy}</busconfig>");
        _broker = _shell.Start($"{prefix} exec {command} --config-file=$D/bus.conf --nofork --print-address 2>$D/log");
        Address = Shell.ReadLine(_broker.StandardOutput);
        return this;
    }

    /// <summary>Runs a script to its end; $A is the address.</summary>
    internal ShellResult Run(string script) => _shell.Run($"A='{Address}'; {script}");

    /// <summary>Starts a script that goes on; $A is the address.</summary>
    internal Process Begin(string script) => _shell.Start($"A='{Address}'; {script}");

    /// <summary>Calls a method of org.example.Activated with dbus-send, and tells what it prints.</summary>
    internal string Call(string name, string method, string arguments = "")
    {
        ShellResult result = Run($"exec dbus-send --bus=$A --reply-timeout=15000 --dest={name} --print-reply=literal / org.example.Activated.{method} {arguments}");
        return (result.Output + result.Error).Trim();
    }

    /// <summary>The name of the error that a call ends with; empty if it does not.</summary>
    internal string ErrorOf(string call)
    {
        string error = Run(call).Error;
        int start = error.IndexOf("org.freedesktop.", StringComparison.Ordinal);
        return start < 0 ? error : error[start..].Split(':', ' ')[0];
    }

    /// <summary>Ends the bus, and waits for its end.</summary>
    internal void StopBus() => _ = Shell.Signal(_broker!, "TERM");

    /// <summary>Waits until the broker has logged that text.</summary>
    internal void AwaitLog(string text) => _shell.AwaitText("log", text);

    public void Dispose() => _shell.Dispose();
}
