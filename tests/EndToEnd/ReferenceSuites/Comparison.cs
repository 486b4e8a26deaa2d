using System.Globalization;
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
    /// <summary>The head of the table that <see cref="Summary"/> belongs to.</summary>
    internal const string SummaryHead = "| program | as | sub-tests | pass on dbus-daemon | on xcp-broker |\n| --- | --- | --- | --- | --- |";

    /// <summary>The head of the table that <see cref="Rows"/> belong to.</summary>
    internal const string Head = "| program | as | sub-test | dbus-daemon | xcp-broker |\n| --- | --- | --- | --- | --- |";

    /// <summary>Far more than any needs on a busy machine.</summary>
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(90);

    /// <summary>For a program with open cases: those that hang shall not cost much.</summary>
    private static readonly TimeSpan TimeOfOpen = TimeSpan.FromSeconds(10);

    /// <summary>Runs every case on both at the same time.</summary>
    internal static async Task<Comparison> Run(Suite suite, string ours)
    {
        List<Compared> compared = [];
        foreach (string? name in suite.Cases())
        {
            bool isOpen = name is null ? OpenTest.HasAny(suite) : OpenTest.Has(suite, name);
            TapReport[] reports = await Task.WhenAll(
                CaseRun.Run(suite, name, "dbus-daemon", Time), CaseRun.Run(suite, name, ours, isOpen ? TimeOfOpen : Time));
            IEnumerable<string> subTests = name is null ? reports[0].Outcomes.Keys : [name];
            compared.AddRange(subTests.Select(subTest => new Compared(subTest, reports[0].Of(subTest), reports[1].Of(subTest), reports[1].Output)));
        }

        return new Comparison(suite, compared);
    }

    /// <summary>What is wrong with it, with the output of ours; empty when nothing is.</summary>
    internal string Complaints()
    {
        StringBuilder text = new();
        foreach (Compared subTest in SubTests.Where(subTest => !subTest.IsAsGood && !OpenTest.Has(Suite, subTest.Name)))
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"{subTest.Name}: {subTest.Control} on dbus-daemon, {subTest.Ours} on xcp-broker:\n{subTest.OurOutput}\n");
        }

        foreach (Compared subTest in SubTests.Where(subTest => subTest.Ours == Outcome.Passed && OpenTest.Has(Suite, subTest.Name)))
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"{subTest.Name} passes as {Suite.User}: docs/reference-tests.md lists it as open\n");
        }

        return text.ToString();
    }

    /// <summary>One row for each sub-test.</summary>
    internal IEnumerable<string> Rows() =>
        SubTests.Select(subTest => $"| {Suite.Program} | {Suite.User} | {subTest.Name} | {subTest.Control} | {subTest.Ours} |");

    /// <summary>One row that counts those that pass.</summary>
    internal string Summary() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Suite.Program} | {Suite.User} | {SubTests.Count} | {Passed(subTest => subTest.Control)} | {Passed(subTest => subTest.Ours)} |");

    private int Passed(Func<Compared, Outcome> broker) => SubTests.Count(subTest => broker(subTest) == Outcome.Passed);
}
