using System.Text.RegularExpressions;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>How a sub-test ended.</summary>
internal enum Outcome
{
    Passed,

    /// <summary>The program says why it cannot be run here.</summary>
    Skipped,

    /// <summary>It says "not ok", or the program ended before it said anything.</summary>
    Failed,
}

/// <summary>What a test program printed in the Test Anything Protocol, as GLib prints it: "ok 1 /path", "ok 2 - title # SKIP reason".</summary>
/// <param name="Outcomes">By sub-test, in order.</param>
/// <param name="Output">Everything, for whoever looks for the reason.</param>
internal sealed partial record TapReport(IReadOnlyDictionary<string, Outcome> Outcomes, string Output)
{
    /// <summary>A test of a race in GLib that ran, and met no race: how often it does is chance on every broker.</summary>
    private const string HasRun = "Failed to reproduce race";

    /// <summary>Reads the output of a program that ended with this status: an abort fails the sub-test that was running.</summary>
    internal static TapReport Read(string output, int exitCode)
    {
        Dictionary<string, Outcome> outcomes = [];
        foreach (Match line in ResultLine().Matches(output))
        {
            string skip = line.Groups["skip"].Value;
            outcomes[line.Groups["name"].Value.Trim()] =
                line.Groups["not"].Success ? Outcome.Failed
                : skip.Length == 0 || skip.Contains(HasRun, StringComparison.Ordinal) ? Outcome.Passed
                : Outcome.Skipped;
        }

        return new TapReport(outcomes, $"{output}exit status {exitCode}\n");
    }

    /// <summary>What it says of a sub-test; one that it does not name was not reached.</summary>
    internal Outcome Of(string name) => Outcomes.GetValueOrDefault(name, Outcome.Failed);

    [GeneratedRegex(@"^(?<not>not )?ok \d+ (- )?(?<name>[^#\r\n]*)(?<skip># *SKIP.*)?", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex ResultLine();
}
