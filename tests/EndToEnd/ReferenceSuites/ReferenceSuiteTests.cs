using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>The reference implementation's own tests, and GLib's, on dbus-daemon and on ours: what passes there passes here.</summary>
/// <remarks>
/// dbus-daemon is the control, on the same machine at the same time. What is open is in docs/reference-tests.md with its reason; a
/// row whose sub-test passes after all fails. The comparison is written to artifacts/reference-tests.md, and CI prints its first table.
/// </remarks>
[TestFixture]
internal sealed class ReferenceSuiteTests
{
    private readonly List<Comparison> _comparisons = [];

    public static IEnumerable<TestCaseData> Suites => Suite.Reference.Concat(Suite.GLib)
        .Select(suite => new TestCaseData(suite).SetArgDisplayNames(suite.Program, suite.User));

    [OneTimeTearDown]
    public void Write_the_comparison()
    {
        string counts = string.Join('\n', _comparisons.Select(comparison => comparison.Summary()));
        string all = string.Join('\n', _comparisons.SelectMany(comparison => comparison.Rows()));
        string file = Path.Combine(Repository.Root, "artifacts", "reference-tests.md");
        _ = Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"{Comparison.SummaryHead}\n{counts}\n\n{Comparison.Head}\n{all}\n");
    }

    [TestCaseSource(nameof(Suites))]
    public async Task What_passes_on_dbus_daemon_passes_here(object program)
    {
        Comparison comparison = await Comparison.Run((Suite)program, XcpBrokerProcess.Binary);
        _comparisons.Add(comparison);
        Assert.That(comparison.SubTests.Any(subTest => subTest.Control != Outcome.Failed), "dbus-daemon passes none");
        Assert.That(comparison.Complaints(), Is.Empty);
    }

    [Test]
    public void What_is_open_is_a_sub_test_of_a_suite_that_runs()
    {
        Suite[] suites = [.. Suite.Reference, .. Suite.GLib];
        foreach (OpenTest open in OpenTest.All)
        {
            Assert.That(suites.Select(suite => suite.Program), Has.Member(open.Program));
            Suite program = suites.First(suite => suite.Program == open.Program);
            Assert.That(program.HasCases ? program.Cases() : [open.Name], Has.Member(open.Name));
            Assert.That(open.User, Is.EqualTo("*").Or.EqualTo("root").Or.EqualTo("nobody"));
            Assert.That(open.Reason, Is.Not.Empty, $"{open}");
        }
    }

    [TestCaseSource(typeof(Suite), nameof(Suite.WithoutBroker))]
    public async Task A_program_that_is_in_no_suite_starts_no_broker(string program)
    {
        string directory = Directory.CreateTempSubdirectory("xcp-suites-").FullName;
        try
        {
            string recorder = Path.Combine(directory, "recorder");
            await File.WriteAllTextAsync(recorder, $"#!/bin/sh\ntouch {directory}/called\nexec dbus-daemon \"$@\"\n");
            File.SetUnixFileMode(recorder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            TapReport report = await CaseRun.Run(new Suite(program, Suite.Users[0], HasCases: false), null, recorder, TimeSpan.FromSeconds(60));
            Assert.That(report.Output, Does.Not.Contain("exit status 124"), "it has not ended");
            Assert.That(File.Exists(Path.Combine(directory, "called")), Is.False);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
