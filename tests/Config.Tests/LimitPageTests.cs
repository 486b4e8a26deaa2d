using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace XcpBroker.Config.Tests;

/// <summary>The table in docs/configuration.md is written from LimitOptions; UPDATE_DOCS=1 writes it.</summary>
public sealed partial class LimitPageTests
{
    private const string Begin = "<!-- limits: written by LimitPageTests, UPDATE_DOCS=1 -->";
    private const string End = "<!-- end of limits -->";

    [Test]
    public void The_page_shows_the_limits_as_they_are()
    {
        string path = Path.Combine(Repository.Root, "docs/configuration.md");
        string page = File.ReadAllText(path);
        int begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        int end = page.IndexOf(End, StringComparison.Ordinal);
        string expected = $"{page[..begin]}\n{Table()}{page[end..]}";
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.That(page, Is.EqualTo(expected), "docs/configuration.md is out of date; run this test with UPDATE_DOCS=1");
    }

    private static string Table()
    {
        XDocument comments = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "XcpBroker.Config.xml"));
        IEnumerable<string> rows = LimitTable.All.Select(limit =>
        {
            XElement comment = comments.Descendants("member").Single(member => member.Attribute("name")!.Value == $"P:{typeof(LimitOptions)}.{limit.Property}");
            string meaning = Text(comment.Element("summary")!);
            Assert.That(meaning, Does.StartWith($"{limit.Name}: "));
            return $"| `{limit.Name}` | {Unit(limit.Unit)} | {Number(limit, DefaultLimits.Embedded)} | {Number(limit, DefaultLimits.DbusDaemonSystem)} "
                + $"| {Number(limit, DefaultLimits.DbusDaemonSession)} | {meaning[(limit.Name.Length + 2)..]} | {Text(comment.Element("remarks")!)} |\n";
        });
        return "| limit | unit | default | dbus-daemon, system | dbus-daemon, session.conf | what it counts | why this default |\n"
            + $"| --- | --- | --- | --- | --- | --- | --- |\n{string.Concat(rows)}";
    }

    private static string Unit(LimitUnit unit) => unit switch
    {
        LimitUnit.Bytes => "bytes",
        LimitUnit.Milliseconds => "ms",
        _ => "",
    };

    private static string Number(LimitDescription limit, LimitOptions options) => limit.Get(options)?.ToString(CultureInfo.InvariantCulture) ?? "none";

    private static string Text(XElement comment) => Blanks().Replace(
        string.Concat(comment.Nodes().Select(node => node is XElement { Name.LocalName: "see" } see ? Reference(see) : node is XElement element ? element.Value : $"{node}")),
        " ").Trim();

    private static string Reference(XElement see)
    {
        string property = see.Attribute("cref")!.Value.Split('.')[^1];
        return $"`{LimitTable.All.Single(limit => limit.Property == property).Name}`";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
