using System.Text.RegularExpressions;
using XcpBroker.Config.Domains;
using XcpBroker.Config.Tests.Reading;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests;

/// <summary>What the reader of configuration files takes is in xcp.conf(5) and in the document type. The reader itself is asked what that is.</summary>
public sealed partial class ManualPageTests
{
    private const string Main = "/etc/bus/main.conf";
    private const string Anything = "no-such-thing";

    /// <summary>Elements that stand in another one, and how.</summary>
    private static readonly (string Name, string Written)[] Nested =
    [
        ("allow", $"<policy context='default'><allow {Anything}='1'/></policy>"),
        ("deny", $"<policy context='default'><deny {Anything}='1'/></policy>"),
        ("source", $"<domain name='d'><source {Anything}='1'/></domain>"),
        ("limit", $"<domain name='d'><limit {Anything}='1'>1</limit></domain>"),
        ("associate", $"<selinux><associate {Anything}='1'/></selinux>"),
    ];

    private static readonly string[] Outer = Expected($"<{Anything}/>");

    private static readonly string[] Elements = [.. Outer, .. Nested.Select(element => element.Name)];

    // Of <selinux>, which has no effect, attributes are not looked at.
    private static readonly string[] Attributes =
    [
        .. Outer.Except(["selinux"]).SelectMany(name => Expected($"<{name} {Anything}='1'/>")),
        .. Nested.SelectMany(element => Expected(element.Written)),
    ];

    [Test]
    public void The_reader_says_what_it_knows()
    {
        Assert.That(Elements, Does.Contain("domainstarter").And.Contain("listen").And.Contain("source"));
        Assert.That(Attributes, Does.Not.Contain("listen").And.Contain("send_destination_prefix").And.Contain("ignore_missing").And.Contain("token-file").And.Contain("vsock-cid"));
        Assert.That(Keys(), Does.Contain("X-XCP-Durable").And.Contain("X-XCP-Domain"));
    }

    [Test]
    public void Every_element_is_in_the_manual_page() =>
        Assert.That(Elements.Where(name => !Page().Contains($"<{name}", StringComparison.Ordinal)), Is.Empty);

    [Test]
    public void Every_attribute_limit_and_key_is_in_the_manual_page()
    {
        string page = Page();
        string[] names = [.. Attributes, .. LimitTable.All.Select(limit => limit.Name), .. DomainLimitTable.Names, .. Keys(), "Name", "Exec", "User", "SystemdService"];

        Assert.That(names.Where(name => !Regex.IsMatch(page, $@"(?<![\w-]){Regex.Escape(name)}(?![\w-])")), Is.Empty);
    }

    [Test]
    public void Every_element_and_attribute_is_in_the_document_type()
    {
        string type = File.ReadAllText(Path.Combine(Repository.Root, "packaging/xcp-busconfig.dtd"));

        Assert.That(Elements.Where(name => !type.Contains($"<!ELEMENT {name} ", StringComparison.Ordinal)), Is.Empty);
        Assert.That(Attributes.Where(name => !Regex.IsMatch(type, $@"(?<![\w-]){Regex.Escape(name)} [A-Z(]")), Is.Empty);
    }

    /// <summary>The page as it reads: without the escapes of roff that stand within words.</summary>
    private static string Page() => File.ReadAllText(Path.Combine(Repository.Root, "packaging/man/xcp.conf.5"))
        .Replace(@"\-", "-", StringComparison.Ordinal).Replace(@"\(dq", "\"", StringComparison.Ordinal);

    /// <summary>The keys of descriptors that the sources name.</summary>
    private static string[] Keys() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "config"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Key().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).Distinct(),
    ];

    /// <summary>The words that an error expects; none where it says that there are none.</summary>
    private static string[] Expected(string content)
    {
        FakeFiles files = new() { [Main] = $"<busconfig>{content}</busconfig>" };
        BusConfigReader reader = new(files, new FakeUsers(), new StandardServiceDirectories("/run/user/7", null, "/data/:/usr/share", "/home/u"), Transports.Known.Addresses);
        Assert.That(reader.TryRead(Main, out _, out ConfigProblem? problem), Is.False);
        Match expected = ExpectedWords().Match(problem!.Message);
        Assert.That(expected.Success, Is.True, $"{content}: {problem.Message}");
        return expected.Groups[1].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries);
    }

    [GeneratedRegex("is not known (?:in|on) <[a-z_]+>; (?:expected (?:one of )?([^;]*)|it has none)$")]
    private static partial Regex ExpectedWords();

    [GeneratedRegex("\"(X-XCP-[A-Za-z]+)\"")]
    private static partial Regex Key();
}
