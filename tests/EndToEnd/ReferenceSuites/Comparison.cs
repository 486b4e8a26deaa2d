using System.Text;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>What one sub-test says on both brokers.</summary>
internal sealed record Compared(string Name, Outcome Control, Outcome Ours, string OurOutput)
{
    /// <summary>Whether ours does what is asked: as dbus-daemon does, or better.</summary>
    internal bool IsAsGood => Ours == Control || Ours == Outcome.Passed || Control == Outcome.Failed;
}

/// <summary>A suite on dbus-daemon and on xcp-broker, sub-test by sub-test.</summary>
internal sealed record Comparison(Suite Suite, IReadOnlyList<Compared> SubTests)
{
    private IEnumerable<Compared> Worse => SubTests.Where(subTest => !subTest.IsAsGood);

    /// <summary>Runs every case on both at the same time.</summary>
    internal static async Task<Comparison> Run(Suite suite, string ours)
    {
        List<Compared> compared = [];
        foreach (string? name in suite.Cases())
        {
            TapReport[] reports = await Task.WhenAll(CaseRun.Run(suite, name, "dbus-daemon"), CaseRun.Run(suite, name, ours));
            IEnumerable<string> subTests = name is null ? reports[0].Outcomes.Keys : [name];
            compared.AddRange(subTests.Select(subTest => new Compared(subTest, reports[0].Of(subTest), reports[1].Of(subTest), reports[1].Output)));
        }

        return new Comparison(suite, compared);
    }

    /// <summary>What is wrong with it, with the output of ours; empty when nothing is.</summary>
    internal string Complaints()
    {
        StringBuilder text = new();
        foreach (Compared subTest in Worse.Where(subTest => ExpectedFailures.Of(Suite, subTest.Name) is null))
        {
            _ = text.Append($"{subTest.Name}: {subTest.Control} on dbus-daemon, {subTest.Ours} on xcp-broker:\n{subTest.OurOutput}\n");
        }

        foreach (Compared subTest in SubTests.Where(subTest => subTest.IsAsGood && ExpectedFailures.Of(Suite, subTest.Name) is not null))
        {
            _ = text.Append($"{subTest.Name}: the list is stale, it does not fail as {Suite.User}\n");
        }

        return text.ToString();
    }

    /// <summary>The row of the table in docs/reference-tests.md.</summary>
    internal ReferenceRow Row() => new(
        Suite.Program,
        Suite.User,
        SubTests.Count,
        SubTests.Count(subTest => subTest.Control == Outcome.Passed),
        SubTests.Count(subTest => subTest.Ours == Outcome.Passed),
        Worse.Count());
}
