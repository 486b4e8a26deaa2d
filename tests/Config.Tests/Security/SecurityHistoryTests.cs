using System.Text.RegularExpressions;

namespace XcpBroker.Config.Tests.Security;

/// <summary>docs/security-history.md: each row names tests that are there, and each test named after a row is in it.</summary>
public sealed partial class SecurityHistoryTests
{
    private static readonly string[] Rows = [.. File.ReadLines(Path.Combine(Repository.Root, "docs/security-history.md"))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .Skip(2)];

    private static readonly HashSet<string> Tests = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
        .SelectMany(file => TestMethod().Matches(File.ReadAllText(file)))
        .Select(match => match.Groups[1].Value)];

    [Test]
    public void Each_row_names_tests_that_exist()
    {
        Assert.That(Rows, Has.Length.GreaterThan(30));
        foreach (string row in Rows)
        {
            string[] named = [.. Named().Matches(row.TrimEnd(' ', '|').Split('|')[^1]).Select(match => match.Groups[1].Value)];
            Assert.That(named, Is.Not.Empty, row);
            Assert.That(named.Where(name => !Tests.Contains(name)), Is.Empty, row);
        }
    }

    [Test]
    public void Each_test_that_bears_a_number_is_in_a_row()
    {
        string page = string.Join('\n', Rows);
        Assert.That(Tests.Where(name => Numbered().IsMatch(name) && !page.Contains($"`{name}`", StringComparison.Ordinal)), Is.Empty);
    }

    [GeneratedRegex(@"public (?:async Task|void) (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Named();

    [GeneratedRegex("^(CVE|GHSA|Dbus_broker|Busd)_")]
    private static partial Regex Numbered();
}
