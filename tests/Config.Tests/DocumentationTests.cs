using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace XcpBroker.Config.Tests;

internal sealed partial class DocumentationTests
{
    private static readonly string[] SourceFolders = ["protocol", "auth", "config", "broker"];

    [Test]
    public void The_files_that_the_map_of_the_specification_names_exist()
    {
        string root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../.."));
        HashSet<string> sources = [.. SourceFolders
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.cs", SearchOption.AllDirectories))
            .Select(file => Path.GetFileName(file))];

        string[] named = [.. SourceFile().Matches(File.ReadAllText(Path.Combine(root, "docs/spec-map.md")))
            .Select(match => match.Groups[1].Value)];

        Assert.That(named, Has.Length.GreaterThan(30));
        Assert.That(named.Where(file => !sources.Contains(file)), Is.Empty);
    }

    [Test]
    public void The_tests_that_it_names_exist()
    {
        string root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "../.."));
        ILookup<string, string> texts = Directory.EnumerateFiles(Path.Combine(root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .ToLookup(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText);

        (string Class, string Method)[] named = [.. NamedTest().Matches(File.ReadAllText(Path.Combine(root, "docs/spec-map.md")))
            .Select(match => (match.Groups[1].Value, match.Groups[2].Value))];

        Assert.That(named, Has.Length.GreaterThan(30));
        Assert.That(
            named.Where(test => !texts[test.Class].Any(text => test.Method.Length == 0 || text.Contains($" {test.Method}(", StringComparison.Ordinal))), Is.Empty);
    }

    [GeneratedRegex("`([A-Za-z]+Tests)(?:[.]([A-Za-z_0-9]+))?`")]
    private static partial Regex NamedTest();

    [GeneratedRegex("`(?:[A-Za-z]+/)*([A-Za-z]+\\.cs)`")]
    private static partial Regex SourceFile();

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
