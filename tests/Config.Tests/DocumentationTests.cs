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

    [GeneratedRegex("`(?:[A-Za-z]+/)*([A-Za-z]+\\.cs)`")]
    private static partial Regex SourceFile();

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
