using System.Xml;
using XcpBroker.Auth.Policy;
using XcpBroker.Config.Tests.Reading;
using XcpBroker.Transport;

namespace XcpBroker.Config.Tests.Policy;

/// <summary>packaging/xcp.conf does what its comments say.</summary>
public sealed class ShippedPolicyTests
{
    private const uint Root = 0;
    private const uint Own = FakeUsers.XcpBroker;
    private const uint Stranger = 1000;

    private static readonly string File = Path.Combine(Repository.Root, "packaging/xcp.conf");

    private static BusConfiguration Shipped { get; } = Read();

    [Test]
    public void It_is_read_without_a_warning()
    {
        Assert.That(Shipped.Warnings, Is.Empty);
        Assert.That((Shipped.IsXcp, Shipped.User, Shipped.Fork), Is.EqualTo((true, "xcp-broker", false)));
        Assert.That(string.Join(' ', Shipped.Addresses), Is.EqualTo("unix:path=/run/xcp-broker/bus"));
        Assert.That(string.Join(' ', Shipped.AuthMechanisms), Is.EqualTo("EXTERNAL XCP_TOKEN"));
        Assert.That(string.Join(' ', Shipped.Directories), Is.EqualTo("/etc/xcp-broker/conf.d"));
        Assert.That(Shipped.Limits, Is.EqualTo(DefaultLimits.Embedded));
    }

    [Test]
    public void The_limits_that_it_shows_are_those_that_hold()
    {
        (string Name, string Value)[] shown =
        [
            .. System.IO.File.ReadLines(File)
                .Where(line => line.TrimStart().StartsWith("<limit name=", StringComparison.Ordinal))
                .Select(line => line.Split('"', '>', '<'))
                .Select(parts => (parts[2], parts[4])),
        ];

        Assert.That(shown, Has.Length.GreaterThan(4));
        Assert.That(shown.Select(limit => limit.Value), Is.EqualTo(shown.Select(limit => $"{LimitTable.Find(limit.Name)?.Get(DefaultLimits.Embedded)}")));
    }

    [TestCase(Root, true)]
    [TestCase(Own, true)]
    [TestCase(Stranger, false)]
    public void Who_may_connect(uint user, bool isAllowed) => Assert.That(Shipped.Policy.CheckConnect(user, [user], Own).IsAllowed, Is.EqualTo(isAllowed));

    [TestCase(Root, "org.xen.xcp.xapi", true)]
    [TestCase(Root, "org.xen.xcp", true)]
    [TestCase(Root, "org.xen.xcpfoo", false)]
    [TestCase(Root, "org.freedesktop.systemd1", false)]
    [TestCase(Own, "org.xen.xcp.storage.nfs", true)]
    [TestCase(Stranger, "org.xen.xcp.xapi", false)]
    public void Who_may_own(uint user, string name, bool isAllowed) =>
        Assert.That(Shipped.Policy.ForPeer(user, [user], isAtConsole: false).CheckOwn(name).IsAllowed, Is.EqualTo(isAllowed));

    [TestCase(Root, "call path=/ interface=a.b member=M to=org.xen.xcp.xapi", true)]
    [TestCase(Root, "call path=/ member=M to=org.xen.xcp.xapi", true)]
    [TestCase(Root, "call path=/ interface=org.freedesktop.DBus.Monitoring member=BecomeMonitor to=org.freedesktop.DBus", true)]
    [TestCase(Root, "call path=/ interface=org.freedesktop.DBus member=ReloadConfig to=org.freedesktop.DBus", true)]
    [TestCase(Root, "signal path=/ interface=a.b member=M broadcast", true)]
    [TestCase(Own, "call path=/ interface=a.b member=M to=org.xen.xcp.xapi", true)]
    [TestCase(Own, "call path=/ interface=a.b member=M to=:1.5", false)]
    [TestCase(Own, "call path=/ interface=org.freedesktop.DBus member=RequestName to=org.freedesktop.DBus", true)]
    [TestCase(Own, "call path=/ interface=org.freedesktop.DBus member=ReloadConfig to=org.freedesktop.DBus", false)]
    [TestCase(Own, "call path=/ interface=org.freedesktop.DBus.Monitoring member=BecomeMonitor to=org.freedesktop.DBus", false)]
    [TestCase(Stranger, "call path=/ interface=a.b member=M to=org.xen.xcp.xapi", false)]
    [TestCase(Stranger, "signal path=/ interface=a.b member=M broadcast", false)]
    [TestCase(Stranger, "call path=/ interface=org.freedesktop.DBus member=Hello to=org.freedesktop.DBus", true)]
    [TestCase(Stranger, "call path=/ interface=org.freedesktop.DBus.Debug.Stats member=GetStats to=org.freedesktop.DBus", false)]
    [TestCase(Stranger, "call path=/ interface=org.freedesktop.DBus member=UpdateActivationEnvironment to=org.freedesktop.DBus", false)]
    [TestCase(Stranger, "return requested to=:1.5", true)]
    [TestCase(Stranger, "error name=e.r requested to=:1.5", true)]
    [TestCase(Stranger, "return unrequested to=:1.5", false)]
    public void Who_may_send(uint user, string message, bool isAllowed) =>
        Assert.That(new SpokenRequest(message).Ask(Shipped.Policy, PolicyDirection.Send, user, user).IsAllowed, Is.EqualTo(isAllowed));

    [TestCase("call path=/ member=M from=:1.5")]
    [TestCase("signal path=/ interface=a.b member=M")]
    [TestCase("return requested")]
    [TestCase("error name=e.r requested")]
    public void Everything_may_be_received(string message) =>
        Assert.That(new SpokenRequest(message).Ask(Shipped.Policy, PolicyDirection.Receive, Stranger).IsAllowed, Is.True);

    [TestCase("packaging/xcp.conf")]
    [TestCase("tests/vectors/busconfig/everything.conf")]
    [TestCase("/usr/share/dbus-1/session.conf")]
    [TestCase("/usr/share/dbus-1/system.conf")]
    public void It_and_dbus_daemons_own_files_follow_the_document_type(string file)
    {
        List<string> errors = [];
        XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Parse, ValidationType = ValidationType.DTD, XmlResolver = new OurDocumentType() };
        settings.ValidationEventHandler += (_, problem) => errors.Add(problem.Message);
        using FileStream content = System.IO.File.OpenRead(Path.Combine(Repository.Root, file));
        using XmlReader reader = XmlReader.Create(content, settings);
        while (reader.Read())
        {
        }

        Assert.That(errors, Is.Empty);
    }

    private static BusConfiguration Read()
    {
        BusConfigReader reader = new(new HostFiles(), new FakeUsers(), StandardServiceDirectories.Unset, Transports.Known.Addresses);
        return reader.TryRead(File, out BusConfiguration? configuration, out ConfigProblem? problem)
            ? configuration
            : throw new InvalidOperationException(problem.ToString());
    }

    /// <summary>Whatever document type is asked for, it is ours.</summary>
    private sealed class OurDocumentType : XmlResolver
    {
        public override object GetEntity(Uri absoluteUri, string? role, Type? ofObjectToReturn) =>
            System.IO.File.OpenRead(Path.Combine(Repository.Root, "packaging/xcp-busconfig.dtd"));
    }
}
