using System.Diagnostics;
using System.Globalization;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Durable;

/// <summary>A bus with a journal that is killed and started again, at one address; senders and receivers are dbus-python programs.</summary>
internal sealed class DurableStage : IDisposable
{
    internal const string Name = "org.example.Durable";

    /// <summary>Messages to it wait, but in memory only.</summary>
    internal const string Plain = "org.example.Plain";

    private const string Policy =
        "<policy context='default'><allow user='*'/><allow own='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy>";

    private readonly Shell _shell = new();

    /// <param name="descriptor">Lines of the descriptor of <see cref="Name"/> besides X-XCP-Durable; {RECEIVER} is the command of a receiver.</param>
    internal DurableStage(params string[] descriptor)
    {
        Directory.CreateDirectory(_shell.In("services"));
        Describe(Name, ["X-XCP-Durable=yes", .. descriptor]);
        File.WriteAllText(
            In("bus.conf"), $"<busconfig><type>xcp</type><listen>{Address}</listen><servicedir>{In("services")}</servicedir>{Policy}</busconfig>");
        File.WriteAllText(In("log"), "");
        Start();
    }

    internal string Address => $"unix:path={In("bus")}";

    internal Process Broker { get; private set; } = null!;

    private static string Program { get; } = Path.Combine(Repository.Root, "tests", "EndToEnd", "Durable", "durable.py");

    internal string In(string name) => _shell.In(name);

    /// <summary>Describes a service; {RECEIVER} is the command of a receiver that owns its name.</summary>
    internal void Describe(string name, params string[] lines)
    {
        string text = string.Join('\n', lines).Replace("{RECEIVER}", $"/usr/bin/python3 {Program} receive {name} {In("log")}", StringComparison.Ordinal);
        File.WriteAllText(In($"services/{name}.service"), $"[D-BUS Service]\nName={name}\n{text}\n");
    }

    /// <summary>What senders and receivers have noted so far: a word, who, and a number.</summary>
    internal IReadOnlyList<(string Word, string Who, string Number)> Log()
    {
        List<(string, string, string)> lines = [];
        // What is behind the last end of a line is the beginning of one.
        foreach (string line in File.ReadAllText(In("log")).Split('\n')[..^1])
        {
            string[] words = line.Split(' ');
            lines.Add((words[0], words[1], words[2]));
        }

        return lines;
    }

    internal IEnumerable<string> Got(string who) => Log().Where(line => line.Word == "got" && line.Who == who).Select(line => line.Number);

    internal void Start()
    {
        Broker = _shell.Start("exec $B --config-file=$D/bus.conf --state-directory=$D/state --nofork --print-address 2>>$D/broker.log");
        _ = Shell.ReadLine(Broker.StandardOutput);
    }

    /// <summary>kill -9, and the next life.</summary>
    internal void Restart()
    {
        Broker.Kill();
        Broker.WaitForExit();
        Start();
    }

    /// <summary>Posts messages 0, 1, ... with busctl.</summary>
    internal void Post(string who, int count)
    {
        for (int i = 0; i < count; i++)
        {
            ShellResult result = Run(string.Create(
                CultureInfo.InvariantCulture,
                $"exec busctl --address=$A call org.freedesktop.DBus /org/xen/xcp/broker org.xen.xcp.Broker1 Post sssssv {Name} / org.example.Durable Note su '(su)' {who} {i}"));
            Assert.That(result.Output, Does.StartWith("t "), result.Error);
        }
    }

    internal Process Send(string who, int count) =>
        _shell.Start(string.Create(CultureInfo.InvariantCulture, $"exec /usr/bin/python3 {Program} send {Address} {Name} {who} {count} $D/log"));

    internal Process Receive(string name = Name) =>
        _shell.Start($"DBUS_STARTER_ADDRESS={Address} exec /usr/bin/python3 {Program} receive {name} $D/log");

    internal ShellResult Run(string script) => _shell.Run($"A='{Address}'; {script}");

    /// <summary>Waits until the broker has logged that text, in any of its lives.</summary>
    internal void AwaitBrokerLog(string text) => _shell.AwaitText("broker.log", text);

    /// <summary>One of the broker's counters.</summary>
    internal long Statistic(string name)
    {
        const string Call = "exec busctl --address=$A call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus.Debug.Stats GetStats";
        string all = Run(Call).Output;
        string key = $"\"org.xen.xcp.Broker.{name}\" t ";
        int start = all.IndexOf(key, StringComparison.Ordinal) + key.Length;
        return long.Parse(all[start..].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    public void Dispose() => _shell.Dispose();
}
