using System.Text;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.Matrix;

/// <summary>What was checked, for people: artifacts/client-matrix.txt, which CI shows.</summary>
internal sealed class MatrixReport
{
    private readonly SortedDictionary<string, string> _cells = new(StringComparer.Ordinal);

    internal static string Path { get; } = System.IO.Path.Combine(Repository.Root, "artifacts", "client-matrix.txt");

    /// <summary>Notes the lines of a client that ended well.</summary>
    internal void Add(string broker, Library client, Library service, string output)
    {
        lock (_cells)
        {
            _cells[$"{broker}: {client} calls {service}"] = output;
        }
    }

    internal void Write()
    {
        StringBuilder text = new();
        foreach (Library library in Library.All)
        {
            _ = text.AppendLine($"{library.Name}: {library.What}");
            foreach ((string check, string reason) in library.Cannot)
            {
                _ = text.AppendLine($"    cannot {check}: {reason}");
            }
        }

        foreach ((string cell, string output) in _cells)
        {
            bool itself = cell.Split(' ') is [_, string client, _, string service] && client == service;
            string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            _ = itself
                ? text.AppendLine(cell).AppendJoin(null, lines.Select(line => $"    {line}\n"))
                : text.AppendLine($"{cell}: {string.Join(' ', lines.Select(line => line.Split(':')[0]["ok ".Length..]))}");
        }

        _ = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        File.WriteAllText(Path, text.ToString());
    }
}
