using XcpBroker.Peers.Processes;

namespace XcpBroker.EndToEnd.ReferenceSuites;

/// <summary>The reference implementation's own tests, and GLib's, on dbus-daemon and on ours: what passes there passes here.</summary>
/// <remarks>
/// dbus-daemon is the control, on the same machine at the same time. What cannot pass is in expected-failures.tsv with its reason;
/// an entry that passes after all fails too. <c>UPDATE_VECTORS=reference-tests</c> writes the table of docs/reference-tests.md anew.
/// </remarks>
[TestFixture]
internal sealed class ReferenceSuiteTests
{
    private readonly List<ReferenceRow> _rows = [];

    public static IEnumerable<TestCaseData> Suites => Suite.Reference.Concat(Suite.GLib)
        .Select(suite => new TestCaseData(suite).SetArgDisplayNames(suite.Program, suite.User));

    [OneTimeTearDown]
    public void Print_the_table()
    {
        TestContext.Progress.WriteLine("suite, user, sub-tests, passed on dbus-daemon, on xcp-broker, worse");
        foreach (ReferenceRow row in _rows)
        {
            TestContext.Progress.WriteLine(row);
        }

        if (Environment.GetEnvironmentVariable("UPDATE_VECTORS") == "reference-tests")
        {
            ReferencePage.Write(_rows);
        }
    }

    [TestCaseSource(nameof(Suites))]
    public async Task What_passes_on_dbus_daemon_passes_here(object program)
    {
        Suite suite = (Suite)program;
        Comparison comparison = await Comparison.Run(suite, XcpBrokerProcess.Binary);
        ReferenceRow row = comparison.Row();
        _rows.Add(row);
        Assert.That(comparison.SubTests, Is.Not.Empty);
        Assert.That(comparison.Complaints(), Is.Empty);
        AssertDocumented(row);
    }

    [Test]
    public void Each_listed_failure_is_one_of_a_suite_that_runs() => Assert.That(
        ExpectedFailures.All.Select(entry => entry.Suite).Distinct(),
        Is.SubsetOf(Suite.Reference.Concat(Suite.GLib).Select(suite => suite.Program)));

    [TestCaseSource(typeof(Suite), nameof(Suite.WithoutBroker))]
    public async Task A_program_that_is_in_no_suite_starts_no_broker(string program)
    {
        string directory = Directory.CreateTempSubdirectory("xcp-suites-").FullName;
        try
        {
            string recorder = Path.Combine(directory, "recorder");
            await File.WriteAllTextAsync(recorder, $"#!/bin/sh\ntouch {directory}/called\nexec dbus-daemon \"$@\"\n");
            File.SetUnixFileMode(recorder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            TapReport report = await CaseRun.Run(new Suite(program, Suite.Users[0], HasCases: false), null, recorder);
            Assert.That(report.Output, Does.EndWith("exit status 0\n"));
            Assert.That(File.Exists(Path.Combine(directory, "called")), Is.False);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>How many pass depends on the machine; how many there are, and how many are worse, does not.</summary>
    private static void AssertDocumented(ReferenceRow row)
    {
        ReferenceRow? written = ReferencePage.Rows().FirstOrDefault(other => other.Program == row.Program && other.User == row.User);
        if (Suite.Users.Contains("root"))
        {
            Assert.That(
                written is null ? "no row" : $"{written.SubTests} sub-tests, {written.Worse} worse",
                Is.EqualTo($"{row.SubTests} sub-tests, {row.Worse} worse"));
        }
    }
}
