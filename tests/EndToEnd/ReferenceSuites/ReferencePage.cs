using System.Globalization;
using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>A row of the table of docs/reference-tests.md.</summary>
/// <param name="Program">The suite.</param>
/// <param name="User">Who ran it.</param>
/// <param name="SubTests">How many it has.</param>
/// <param name="Control">How many pass on dbus-daemon; the others are skipped, which ones depends on the machine.</param>
/// <param name="Ours">How many pass on xcp-broker.</param>
/// <param name="Worse">How many of those that pass on dbus-daemon do not; each is listed.</param>
internal sealed record ReferenceRow(string Program, string User, int SubTests, int Control, int Ours, int Worse)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Program} | {User} | {SubTests} | {Control} | {Ours} | {Worse} |");

    internal static ReferenceRow Parse(string line)
    {
        string[] cells = line.Split('|', StringSplitOptions.TrimEntries);
        int Number(int cell) => int.Parse(cells[cell], CultureInfo.InvariantCulture);
        return new ReferenceRow(cells[1], cells[2], Number(3), Number(4), Number(5), Number(6));
    }
}

/// <summary>docs/reference-tests.md: the table of results.</summary>
internal static class ReferencePage
{
    private const string Head = "| suite | as |";

    private static string File => Path.Combine(Repository.Root, "docs", "reference-tests.md");

    internal static IReadOnlyList<ReferenceRow> Rows() =>
        [.. Lines().SkipWhile(IsBeforeRows).Skip(2).TakeWhile(line => line.StartsWith('|')).Select(ReferenceRow.Parse)];

    /// <summary>Replaces the table by these rows.</summary>
    internal static void Write(IEnumerable<ReferenceRow> rows)
    {
        string[] lines = Lines();
        string[] before = [.. lines.TakeWhile(IsBeforeRows)];
        System.IO.File.WriteAllLines(File, [
            .. before,
            .. lines.Skip(before.Length).Take(2),
            .. rows.Select(row => row.ToString()),
            .. lines.Skip(before.Length).SkipWhile(line => line.StartsWith('|')),
        ]);
    }

    private static bool IsBeforeRows(string line) => !line.StartsWith(Head, StringComparison.Ordinal);

    private static string[] Lines() => System.IO.File.ReadAllLines(File);
}
