using System.Xml;
using System.Xml.Linq;
using XcpBroker.Driver;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Driver;

/// <summary>What the bus says about itself is what it does.</summary>
internal sealed class StandardIntrospectionTests
{
    private const string CanonicalPath = "/org/freedesktop/DBus";

    [TestCase(CanonicalPath, PathRule.Any, PathRule.CanonicalOnly, PathRule.CanonicalOrDenied)]
    [TestCase("/", PathRule.Any, PathRule.CanonicalOrDenied)]
    [TestCase("/org/xen/xcp", PathRule.Any, PathRule.CanonicalOrDenied)]
    [TestCase("/org/xen/xcp/broker", PathRule.Any, PathRule.CanonicalOrDenied, PathRule.BrokerOnly)]
    public void Every_method_that_is_found_on_a_path_is_in_its_document_and_no_other(string path, params PathRule[] rules)
    {
        using InMemoryBroker broker = new();
        IEnumerable<string> rows = broker.Bus.Driver.Methods.Where(row => rules.Contains(row.Path))
            .Select(row => $"{row.Interface}.{row.Name}({row.InSignature}){row.OutSignature}");

        IEnumerable<string> documented =
            from definition in Parse(path).Elements("interface")
            from method in definition.Elements("method")
            select $"{Name(definition)}.{Name(method)}({Types(method, "in")}){Types(method, "out")}";

        Assert.That(documented, Is.EquivalentTo(rows));
    }

    [Test]
    public void Properties_and_signals_are_documented()
    {
        XElement bus = Parse(CanonicalPath).Elements("interface").Single(definition => Name(definition) == "org.freedesktop.DBus");

        Assert.That(bus.Elements("property").Select(Name), Is.EqualTo((string[])["Features", "Interfaces"]));
        Assert.That(bus.Elements("property").Elements("annotation").Select(annotation => (string)annotation.Attribute("value")!),
            Is.EqualTo((string[])["const", "const"]));
        Assert.That(bus.Elements("signal").Select(Name),
            Is.EqualTo((string[])["NameOwnerChanged", "NameLost", "NameAcquired", "ActivatableServicesChanged"]));
    }

    [TestCase("/")]
    [TestCase("/org/xen/xcp/broker")]
    public void Where_properties_cannot_be_asked_for_none_are_documented(string path) => Assert.That(Parse(path).Descendants("property"), Is.Empty);

    [TestCase("/", "org/freedesktop/DBus", "org/xen/xcp/broker")]
    [TestCase("/org", "freedesktop/DBus", "xen/xcp/broker")]
    [TestCase("/org/freedesktop", "DBus")]
    [TestCase("/org/xen", "xcp/broker")]
    [TestCase("/org/xen/xcp", "broker")]
    public void A_path_above_an_object_of_the_bus_names_it_as_its_child(string path, params string[] children) =>
        Assert.That(Parse(path).Elements("node").Select(Name), Is.EqualTo(children));

    [TestCase(CanonicalPath)]
    [TestCase(CanonicalPath + "/x")]
    [TestCase("/o")]
    [TestCase("/org/free")]
    [TestCase("/org/xen/xcp/broker")]
    [TestCase("/org/xen/xcp/xapi")]
    public void Other_paths_have_no_children(string path) => Assert.That(Parse(path).Elements("node"), Is.Empty);

    private static XElement Parse(string path)
    {
        using XmlReader reader = XmlReader.Create(
            new StringReader(StandardIntrospection.Render(path)),
            new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XElement.Load(reader);
    }

    private static string Name(XElement element) => (string)element.Attribute("name")!;

    private static string Types(XElement method, string direction) => string.Concat(
        method.Elements("arg").Where(arg => (string?)arg.Attribute("direction") == direction).Select(arg => (string)arg.Attribute("type")!));
}
