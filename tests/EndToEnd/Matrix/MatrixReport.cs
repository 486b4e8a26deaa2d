using System.Text;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Matrix;

/// <summary>What was checked, for people: artifacts/client-matrix.txt, which CI shows.</summary>
internal sealed class MatrixReport
{
    private const int Width = 18;
    private readonly Dictionary<(string Broker, Library Client, Library Service), string[]> _cells = [];

    internal static string Path { get; } = System.IO.Path.Combine(Repository.Root, "artifacts", "client-matrix.txt");

    /// <summary>Notes the lines of a client that ended well.</summary>
    internal void Add(string broker, Library client, Library service, string[] lines)
    {
        lock (_cells)
        {
            _cells[(broker, client, service)] = lines;
        }
    }

    internal void Write()
    {
        StringBuilder text = new();
        Library[] services = [.. Library.All];
        _ = text.AppendLine("Checks that a client (line) passed with a service (column) on xcp-broker; on the diagonal also on dbus-daemon, in brackets")
            .AppendLine(Line("", services.Select(service => service.Name)));
        foreach (Library client in Library.All)
        {
            _ = text.AppendLine(Line(client.Name, services.Select(service => Cell(client, service))));
        }

        foreach (Library library in Library.All)
        {
            _ = text.AppendLine().AppendLine($"{library.Name} ({library.What}) with itself")
                .AppendJoin(null, Lines(TestBroker.Target, library, library).Select(line => $"    {line}\n"))
                .AppendJoin(null, library.Cannot.Select(inability => $"    not {inability.Check}, on dbus-daemon either: {inability.Reason}\n"));
        }

        _ = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, text.ToString());
    }

    private string Cell(Library client, Library service)
    {
        string count = Count(TestBroker.Target, client, service);
        return client == service ? $"{count} ({Count("dbus-daemon", client, service)})" : count;
    }

    private string Count(string broker, Library client, Library service) =>
        $"{Lines(broker, client, service).Length}/{Library.Checks(client, service).Length}";

    private string[] Lines(string broker, Library client, Library service) => _cells.GetValueOrDefault((broker, client, service), []);

    private static string Line(string head, IEnumerable<string> cells) =>
        $"{head,-Width}{string.Concat(cells.Select(cell => cell.PadRight(Width)))}".TrimEnd();
}
