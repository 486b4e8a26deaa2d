using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>A sub-test that passes on dbus-daemon and need not on ours.</summary>
/// <param name="Suite">The program.</param>
/// <param name="User">Who runs it; * for everybody.</param>
/// <param name="Name">The sub-test.</param>
/// <param name="Reason">Why not.</param>
internal sealed record ExpectedFailure(string Suite, string User, string Name, string Reason);

/// <summary>The list of them: expected-failures.tsv, beside this file.</summary>
internal static class ExpectedFailures
{
    /// <summary>All lines that are no comments.</summary>
    internal static IReadOnlyList<ExpectedFailure> All { get; } =
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "tests", "EndToEnd", "ReferenceSuites", "expected-failures.tsv"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split('\t'))
            .Select(cells => new ExpectedFailure(cells[0], cells[1], cells[2], cells[3])),
    ];

    internal static ExpectedFailure? Of(Suite suite, string name) => All.FirstOrDefault(entry =>
        entry.Suite == suite.Program && entry.Name == name && (entry.User == "*" || entry.User == suite.User));
}
