using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Policy;

namespace XcpBroker.Config.Tests.Policy;

/// <summary>What peers of domains may do: nothing, unless a rule for domains says so.</summary>
internal sealed class DomainPolicyTests
{
    private const string Call = "call path=/p interface=a.b member=M to=x.y from=x.y";

    private static readonly DomainIdentity Nfs = new("nfs-1")
    {
        Uuid = "0123abcd-89ab-cdef-0123-456789abcdef",
        Type = "storage",
        Tags = ["fast", "nfs"],
    };

    private static readonly DomainIdentity Other = new("web");

    // Each way to try to have rules for users and everybody count for a domain too.
    [TestCase("<policy context='default'><allow send_destination='*' eavesdrop='true'/><allow own='*'/><allow receive_sender='*'/></policy>")]
    [TestCase("<policy user='0'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy group='0'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy at_console='true'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy at_console='false'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy domain='@dom0'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy domain='@unknown'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy domain='web'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy domain='@type:nfs'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy domain='@tag:storage'><allow send_destination='*'/><allow own='*'/></policy>")]
    [TestCase("<policy domain='uuid:0123abcd-89ab-cdef-0123-456789abcdee'><allow send_destination='*'/><allow own='*'/></policy>")]
    public void Rules_for_others_give_a_domain_nothing(string block)
    {
        PolicySet policy = PolicyText.Blocks(block);

        Assert.That(new SpokenRequest(Call).Ask(policy, PolicyDirection.Send, Nfs, null).IsAllowed, Is.False);
        Assert.That(new SpokenRequest(Call).Ask(policy, PolicyDirection.Receive, Nfs, null).IsAllowed, Is.False);
        Assert.That(policy.ForDomain(Nfs).CheckOwn("a.b").IsAllowed, Is.False);
    }

    // From general to particular, wherever they are written; mandatory rules are for domains too, and last.
    [TestCase("*", "@type:storage")]
    [TestCase("@type:storage", "@tag:fast")]
    [TestCase("@tag:fast", "@tag:nfs")]
    [TestCase("@tag:nfs", "uuid:0123abcd-89ab-cdef-0123-456789abcdef")]
    [TestCase("uuid:0123ABCD-89ab-cdef-0123-456789abcdef", "nfs-1")]
    public void The_more_particular_rule_decides(string general, string particular)
    {
        string deny = $"<policy domain='{particular}'><deny own='a.b'/></policy>";
        string allow = $"<policy domain='{general}'><allow own='a.b'/></policy>";

        Assert.That(PolicyText.Blocks(allow).ForDomain(Nfs).CheckOwn("a.b").IsAllowed, Is.True);
        Assert.That(PolicyText.Blocks(deny + allow).ForDomain(Nfs).CheckOwn("a.b").IsAllowed, Is.False);
        Assert.That(PolicyText.Blocks(allow + deny).ForDomain(Nfs).CheckOwn("a.b").IsAllowed, Is.False);
        Assert.That(PolicyText.Blocks(allow + "<policy context='mandatory'><deny own='a.b'/></policy>").ForDomain(Nfs).CheckOwn("a.b").IsAllowed, Is.False);
    }

    [TestCase("*", true, false, false)]
    [TestCase("nfs-1", true, false, false)]
    [TestCase("@type:storage", true, false, false)]
    [TestCase("@tag:fast", true, false, false)]
    [TestCase("@dom0", false, true, false)]
    [TestCase("@unknown", false, false, true)]
    [TestCase("web", false, false, false)]
    public void send_domain_and_receive_domain_are_about_where_the_other_side_is(string pattern, bool isNfs, bool isHost, bool isUnknown)
    {
        PolicySet policy = PolicyText.Blocks(
            $"<policy domain='web'><allow send_domain='{pattern}'/><allow receive_domain='{pattern}'/></policy>"
            + $"<policy context='default'><allow send_destination='*'/><deny send_domain='{pattern}'/></policy>");
        foreach ((DomainIdentity? other, bool isMeant) in new[] { (Nfs, isNfs), (null, isHost), (DomainIdentity.Unknown, isUnknown) })
        {
            Assert.That(new SpokenRequest(Call).Ask(policy, PolicyDirection.Send, Other, other).IsAllowed, Is.EqualTo(isMeant));
            Assert.That(new SpokenRequest(Call).Ask(policy, PolicyDirection.Receive, Other, other).IsAllowed, Is.EqualTo(isMeant));
        }

        Assert.That(new SpokenRequest(Call).Ask(policy, PolicyDirection.Send).IsAllowed, Is.EqualTo(!isHost));
    }

    [Test]
    public void A_rule_on_domains_is_never_about_the_bus()
    {
        PolicySet policy = PolicyText.Blocks("<policy domain='*'><allow send_domain='@dom0'/></policy>");
        PolicyQuestion toBus = new() { Sender = new PolicyPeer(null, [], []) { Domain = Nfs } };

        Assert.That(toBus.Ask(policy).Send.IsAllowed, Is.False);
    }

    [Test]
    public void Who_is_of_the_host_has_the_rules_of_dom0_behind_those_for_everybody()
    {
        PolicySet policy = PolicyText.Blocks(
            "<policy user='7'><deny own='a.b'/></policy><policy domain='@dom0'><allow own='a.b'/></policy><policy context='default'><deny own='a.b'/></policy>");

        Assert.That(policy.ForPeer(1000, [], false).CheckOwn("a.b").IsAllowed, Is.True);
        Assert.That(policy.ForPeer(7, [], false).CheckOwn("a.b").IsAllowed, Is.False);
        Assert.That(policy.ForPeer(null, [], false).CheckOwn("a.b").IsAllowed, Is.True);
    }

    [TestCase("", true, false)]
    [TestCase("<policy context='default'><deny user='*'/></policy>", true, false)]
    [TestCase("<policy context='mandatory'><allow user='*'/></policy>", true, false)]
    [TestCase("<policy context='mandatory'><deny user='*'/></policy>", false, false)]
    [TestCase("<policy domain='@unknown'><allow send_destination='a.b'/></policy>", true, true)]
    [TestCase("<policy domain='*'><allow send_destination='a.b'/></policy>", true, false)]
    public void A_domain_that_is_known_may_connect_and_others_if_there_are_rules_for_them(string block, bool known, bool unknown)
    {
        PolicySet policy = PolicyText.Blocks(block);

        Assert.That(policy.CheckDomainConnect(Nfs).IsAllowed, Is.EqualTo(known));
        Assert.That(policy.CheckDomainConnect(DomainIdentity.Unknown).IsAllowed, Is.EqualTo(unknown));
    }

    // A name that looks like a pattern, two types that run together in a key, a tag that is a name: none is another's.
    [Test]
    public void Domains_that_look_alike_have_policies_of_their_own()
    {
        PolicySet policy = PolicyText.Blocks(
            "<policy domain='a'><allow own='x.name'/></policy><policy domain='@type:a'><allow own='x.type'/></policy><policy domain='@tag:a'><allow own='x.tag'/></policy>");
        DomainIdentity[] domains = [new("a"), new("b") { Type = "a" }, new("c") { Tags = ["a"] }];
        string[] names = ["x.name", "x.type", "x.tag"];
        for (int domain = 0; domain < domains.Length; domain++)
        {
            Assert.That(names.Where(name => policy.ForDomain(domains[domain]).CheckOwn(name).IsAllowed), Is.EqualTo(names[domain..(domain + 1)]));
        }
    }
}
