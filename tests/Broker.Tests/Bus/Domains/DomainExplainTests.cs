using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>ExplainPolicy and ExplainOwn for peers of domains: the rules that are for them, and no others.</summary>
internal sealed class DomainExplainTests : DomainFixture
{
    private const string Policies = """

        <policy domain="@type:storage"><allow send_destination="org.example.A"/></policy>
        <policy domain="web"><allow own="org.example.W"/></policy>
        <policy domain="nfs"><deny send_destination="org.example.A" send_interface="a.b"/></policy>
        <policy context="mandatory"><deny send_destination="org.example.W"/></policy>
        """;

    [Test]
    public void A_message_of_a_domain_is_judged_by_its_type_its_name_and_what_is_mandatory()
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer web = Broker.ConnectFromDomain("web");
        admin.RequestName("org.example.A");

        Assert.That(Explain(admin, nfs.UniqueName, "org.example.A", "c.d"), Does.StartWith("True send True bus.conf:").And.Contains("<allow send_destination=\"org.example.A\"/>"));
        Assert.That(Explain(admin, nfs.UniqueName, "org.example.A", "a.b"), Does.StartWith("False send False bus.conf:").And.Contains("<deny send_destination"));
        Assert.That(Explain(admin, web.UniqueName, "org.example.A", "c.d"), Does.StartWith("False send False no rule matches"));
        Assert.That(Explain(admin, admin.UniqueName, "org.example.W", "c.d"), Does.StartWith("False send False bus.conf:").And.Contains("<deny send_destination=\"org.example.W\"/>"));
        Assert.That(Explain(admin, admin.UniqueName, nfs.UniqueName, "c.d"), Does.Contain("receive False no rule matches"));
    }

    [Test]
    public void A_name_is_a_domains_by_its_rules()
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();

        Assert.That(Own(admin, Broker.ConnectFromDomain("web").UniqueName, "org.example.W"), Does.StartWith("True bus.conf:"));
        Assert.That(Own(admin, Broker.ConnectFromDomain("nfs").UniqueName, "org.example.W"), Is.EqualTo("False no rule matches"));
    }

    private static string Explain(FakePeer admin, string sender, string destination, string @interface)
    {
        object[] answer = admin.ReceiveReply(admin.CallOn(
            "org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "ExplainPolicy", sender, destination, "method_call", "/a", @interface, "Do")).Values();
        return $"{answer[0]} {string.Join(' ', ((object[])answer[1]).SelectMany(decision => (object[])decision))}";
    }

    private static string Own(FakePeer admin, string peer, string name) => string.Join(' ', admin.ReceiveReply(admin.CallOn(
        "org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "ExplainOwn", peer, name)).Values());
}
