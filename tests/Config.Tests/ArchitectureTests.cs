using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace XcpBroker.Config.Tests;

/// <summary>Dependencies go one way: protocol, auth, config, broker. Read from the sources, so that no build is needed to see it.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Assemblies = ["protocol", "auth", "config", "broker"];

    // What other folders of the broker stand on: it uses nothing but itself.
    private static readonly string[] Leaves = ["Buffers", "Collections", "Interop", "Loop", "Metrics", "Names", "Quotas"];

    private static readonly string[] AboveTransport = ["Connections", "Routing", "Driver", "Matching", "Monitoring", "Names"];

    [TestCaseSource(nameof(Assemblies))]
    public void A_project_refers_only_to_projects_left_of_it(string assembly)
    {
        XDocument project = XDocument.Load(Directory.GetFiles(Path.Combine(Repository.Root, assembly), "*.csproj").Single());
        IEnumerable<string> references = project.Descendants("ProjectReference")
            .Select(reference => Path.GetFileName(Path.GetDirectoryName(reference.Attribute("Include")!.Value))!);

        Assert.That(references, Is.SubsetOf(LeftOf(assembly)));
    }

    [TestCaseSource(nameof(Assemblies))]
    public void A_source_names_only_namespaces_of_projects_left_of_it(string assembly)
    {
        string[] right = [.. Assemblies.Except(LeftOf(assembly)).Where(other => other != assembly).Select(Namespace)];
        if (assembly != "broker")
        {
            right = [.. right, .. Directory.GetDirectories(Path.Combine(Repository.Root, "broker")).Select(folder => $"XcpBroker.{Path.GetFileName(folder)}")];
        }

        Assert.That(Violations(assembly, text => Names().Matches(text).Any(match => right.Contains(match.Value))), Is.Empty);
    }

    [Test]
    public void The_folders_that_all_of_the_broker_stands_on_use_only_each_other()
    {
        string[] others = [.. Folders().Except(Leaves)];

        Assert.That(Leaves.SelectMany(leaf => Violations($"broker/{leaf}", text => Uses(text, others))), Is.Empty);
    }

    [Test]
    public void The_transport_moves_bytes_and_knows_no_bus() =>
        Assert.That(Violations("broker/Transport", text => Uses(text, AboveTransport) || text.Contains("XcpBroker.Protocol.Messages")), Is.Empty);

    [Test]
    public void Only_interop_calls_the_C_library() =>
        Assert.That(Assemblies.SelectMany(assembly => Violations(assembly, text => ForeignCall().IsMatch(text))), Is.All.StartsWith("broker/Interop/"));

    [Test]
    public void Namespaces_are_folders()
    {
        foreach (string assembly in Assemblies)
        {
            Assert.That(
                Sources(assembly).Where(file => FileNamespace().Match(File.ReadAllText(file)) is { Success: true } match && match.Groups[1].Value != Expected(assembly, file)),
                Is.Empty);
        }
    }

    [Test]
    public void No_source_is_longer_than_400_lines() =>
        Assert.That(Assemblies.SelectMany(Sources).Where(file => File.ReadLines(file).Count() > 400).Select(Relative), Is.Empty);

    private static string[] LeftOf(string assembly) => Assemblies[..Array.IndexOf(Assemblies, assembly)];

    private static string Namespace(string assembly) => $"XcpBroker.{char.ToUpperInvariant(assembly[0])}{assembly[1..]}";

    private static IEnumerable<string> Folders() =>
        Directory.GetDirectories(Path.Combine(Repository.Root, "broker")).Select(folder => Path.GetFileName(folder)).Except(["bin", "obj"]);

    private static bool Uses(string text, IEnumerable<string> folders) => folders.Any(folder => text.Contains($"using XcpBroker.{folder};"));

    private static IEnumerable<string> Violations(string folder, Func<string, bool> isViolation) =>
        Sources(folder).Where(file => isViolation(File.ReadAllText(file))).Select(Relative);

    private static string Relative(string file) => Path.GetRelativePath(Repository.Root, file);

    private static IEnumerable<string> Sources(string folder)
    {
        string root = Path.Combine(Repository.Root, folder);
        string[] built = [Path.Combine(root, "bin/"), Path.Combine(root, "obj/")];
        return Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories).Where(file => !built.Any(file.StartsWith));
    }

    private static string Expected(string assembly, string file)
    {
        string folder = Path.GetDirectoryName(Path.GetRelativePath(Path.Combine(Repository.Root, assembly), file))!.Replace('/', '.');
        string root = assembly == "broker" ? "XcpBroker" : Namespace(assembly);
        return folder.Length == 0 ? root : $"{root}.{folder}";
    }

    [GeneratedRegex(@"\bXcpBroker\.[A-Z][A-Za-z]*")]
    private static partial Regex Names();

    [GeneratedRegex(@"\[\s*(DllImport|LibraryImport)\b")]
    private static partial Regex ForeignCall();

    [GeneratedRegex(@"^namespace ([A-Za-z.]+);", RegexOptions.Multiline)]
    private static partial Regex FileNamespace();
}
