using XcpBroker.Auth.Policy;

namespace XcpBroker.Config.Tests.Policy;

/// <summary>Who may connect and own, and in which order rules for different peers are applied.</summary>
public sealed class PolicyContextTests
{
    private const string Message = "call path=/p interface=a.b member=M to=x.y";

    // Written in the reverse of the order in which they are applied; each allows what the one before it denies.
    private static readonly string[] InReverse =
    [
        "<policy context='mandatory'>{0}</policy>", "<policy at_console='false'>{0}</policy>", "<policy user='1000'>{0}</policy>",
        "<policy group='staff'>{0}</policy>", "<policy context='default'>{0}</policy>",
    ];

    [TestCase(0, 1)]
    [TestCase(1, 2)]
    [TestCase(2, 3)]
    [TestCase(3, 4)]
    public void The_order_is_default_group_user_console_mandatory(int later, int earlier)
    {
        string text = string.Format(InReverse[later], "<allow send_type='*'/>") + string.Format(InReverse[earlier], "<deny send_type='*'/>");

        Assert.That(new SpokenRequest(Message).Ask(PolicyText.Blocks(text), PolicyDirection.Send, 1000, 50).IsAllowed, Is.True);
    }

    [Test]
    public void Rules_for_others_do_not_count()
    {
        PolicySet policy = PolicyText.Blocks(
            "<policy user='root'><allow send_type='*'/></policy><policy group='staff'><allow own='a.b'/></policy><policy at_console='true'><allow own='a.b'/></policy>");

        Assert.That(new SpokenRequest(Message).Ask(policy, PolicyDirection.Send, 1000).IsAllowed, Is.False);
        Assert.That(new SpokenRequest(Message).Ask(policy, PolicyDirection.Send, 0).IsAllowed, Is.True);
        Assert.That(policy.ForPeer(1000, [], isAtConsole: false).CheckOwn("a.b").IsAllowed, Is.False);
        Assert.That(policy.ForPeer(1000, [7, 50], isAtConsole: false).CheckOwn("a.b").IsAllowed, Is.True);
        Assert.That(policy.ForPeer(1000, [], isAtConsole: true).CheckOwn("a.b").IsAllowed, Is.True);
    }

    [Test]
    public void Of_two_groups_the_larger_number_decides()
    {
        PolicySet policy = PolicyText.Blocks("<policy group='50'><allow own='a.b'/></policy><policy group='7'><deny own='a.b'/></policy>");

        Assert.That(policy.ForPeer(1000, [7, 50], isAtConsole: false).CheckOwn("a.b").IsAllowed, Is.True);
    }

    [Test]
    public void Groups_that_are_not_known_count_against_the_peer_only()
    {
        PolicySet policy = PolicyText.Blocks(
            "<policy context='default'><allow own='a.b'/></policy><policy group='50'><deny own='a.b'/><allow own='c.d'/></policy>");

        Assert.That(policy.ForPeer(1000, null, isAtConsole: false).CheckOwn("a.b").IsAllowed, Is.False);
        Assert.That(policy.ForPeer(1000, null, isAtConsole: false).CheckOwn("c.d").IsAllowed, Is.False);
        Assert.That(policy.ForPeer(1000, [], isAtConsole: false).CheckOwn("a.b").IsAllowed, Is.True);
    }

    [Test]
    public void Equal_credentials_share_one_policy_and_so_do_those_that_no_rule_tells_apart()
    {
        PolicySet policy = PolicyText.Blocks("<policy user='root'><allow own='a.b'/></policy><policy group='50'><allow own='c.d'/></policy>");

        Assert.That(policy.ForPeer(1000, [1, 2], false), Is.SameAs(policy.ForPeer(1001, [3], true)));
        Assert.That(policy.ForPeer(0, [50], false), Is.SameAs(policy.ForPeer(0, [49, 50], true)));
        Assert.That(policy.ForPeer(0, [], false), Is.Not.SameAs(policy.ForPeer(1000, [], false)));
        Assert.That(policy.ForPeer(1000, [50], false), Is.Not.SameAs(policy.ForPeer(1000, [], false)));
    }

    [TestCase("own='a.b'", "a.b", true)]
    [TestCase("own='a.b'", "a.b.c", false)]
    [TestCase("own='*'", "a.b", true)]
    [TestCase("own_prefix='a.b'", "a.b", true)]
    [TestCase("own_prefix='a.b'", "a.b.c.d", true)]
    [TestCase("own_prefix='a.b'", "a.bc", false)]
    [TestCase("own_prefix='a.b'", "a", false)]
    [TestCase("own_prefix='*'", "a.b", false)]
    public void A_rule_on_owning_matches(string attributes, string name, bool matches)
    {
        Assert.That(PolicyText.Rules($"<allow {attributes}/>").ForPeer(1000, [], false).CheckOwn(name).IsAllowed, Is.EqualTo(matches));
        Assert.That(PolicyText.Rules($"<allow own='*'/><deny {attributes}/>").ForPeer(1000, [], false).CheckOwn(name).IsAllowed, Is.EqualTo(!matches));
    }

    [TestCase("", 0u, true)]
    [TestCase("", 500u, true)]
    [TestCase("", 1000u, false)]
    [TestCase("<allow user='*'/>", 1000u, true)]
    [TestCase("<allow group='*'/>", 1000u, true)]
    [TestCase("<allow user='1000'/>", 1000u, true)]
    [TestCase("<allow user='1001'/>", 1000u, false)]
    [TestCase("<allow user='root'/>", 1000u, false)]
    [TestCase("<allow group='staff'/>", 1000u, true)]
    [TestCase("<allow group='9'/>", 1000u, false)]
    [TestCase("<deny user='*'/>", 500u, false)]
    [TestCase("<deny user='*'/><allow group='staff'/>", 1000u, true)]
    [TestCase("<allow user='nobody-knows'/>", 1000u, false)]
    public void Who_may_connect(string rules, uint user, bool isAllowed) =>
        Assert.That(PolicyText.Rules(rules).CheckConnect(user, [50], ownUserId: 500).IsAllowed, Is.EqualTo(isAllowed));

    [Test]
    public void Mandatory_rules_on_connecting_come_after_the_default_ones_and_unknown_groups_count_against_the_peer()
    {
        PolicySet policy = PolicyText.Blocks(
            "<policy context='mandatory'><deny group='staff'/></policy><policy context='default'><allow user='*'/></policy>");

        Assert.That(policy.CheckConnect(1000, [50], 0).IsAllowed, Is.False);
        Assert.That(policy.CheckConnect(1000, [51], 0).IsAllowed, Is.True);
        Assert.That(policy.CheckConnect(1000, null, 0).IsAllowed, Is.False);
        Assert.That(policy.CheckConnect(null, [], 0).IsAllowed, Is.True);
    }

    [Test]
    public void A_verdict_says_where_its_rule_is_written()
    {
        PolicyVerdict verdict = PolicyText.Blocks("<policy context='default'>\n<allow own='a.b'/>\n<deny own='a.b'/></policy>").ForPeer(0, [], false).CheckOwn("a.b");

        Assert.That(verdict.Rule!.Source.ToString(), Is.EqualTo("text:3"));
        Assert.That(verdict.Rule.ToString(), Is.EqualTo("<deny own=\"a.b\"/>"));
    }

    [Test]
    public void What_everybody_may_do_is_known_without_a_look_at_the_message()
    {
        PeerPolicy open = PolicySet.OpenToOwnUser().ForPeer(0, [], false);
        PeerPolicy session = PolicyText.Rules("<allow send_destination='*' eavesdrop='true'/><allow eavesdrop='true'/><allow own='*'/>", "session").ForPeer(0, [], false);
        PeerPolicy system = PolicyText.Rules("<deny send_type='method_call'/><allow send_type='signal'/>").ForPeer(0, [], false);

        foreach (Protocol.Messages.MessageType type in Enum.GetValues<Protocol.Messages.MessageType>().Where(type => type != Protocol.Messages.MessageType.Invalid))
        {
            Assert.That((open.MaySendAll(type), open.MayReceiveAllAddressed(type)), Is.EqualTo((true, true)));
            Assert.That((session.MaySendAll(type), session.MayReceiveAllAddressed(type)), Is.EqualTo((true, true)));
            Assert.That((system.MaySendAll(type), system.MayReceiveAllAddressed(type)), Is.EqualTo((false, false)));
        }
    }
}
