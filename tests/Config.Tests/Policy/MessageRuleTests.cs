using XcpBroker.Auth.Policy;

namespace XcpBroker.Config.Tests.Policy;

/// <summary>Each attribute of a rule on messages: which messages it matches. Source: bus/policy.c, bus_client_policy_check_can_send and _receive.</summary>
public sealed class MessageRuleTests
{
    private const string Call = "call path=/p interface=a.b member=M to=x.y";
    private const string Bare = "call path=/p member=M to=x.y";

    private static readonly (string Side, PolicyDirection Direction)[] Sides = [("send", PolicyDirection.Send), ("receive", PolicyDirection.Receive)];

    [TestCase("send_destination='*'", Call, true)]
    [TestCase("send_interface='a.b'", Call, true)]
    [TestCase("send_interface='*'", Call, true)]
    [TestCase("send_interface='a.c'", Call, false)]
    [TestCase("send_interface='a'", Call, false)]
    [TestCase("send_interface='a.b' send_member='M'", Call, true)]
    [TestCase("send_interface='a.b' send_member='N'", Call, false)]
    [TestCase("send_interface='a.c' send_member='M'", Call, false)]
    [TestCase("send_path='/p' send_member='M'", Call, true)]
    [TestCase("send_path='/p'", Call, true)]
    [TestCase("send_path='/'", Call, false)]
    [TestCase("send_type='method_call'", Call, true)]
    [TestCase("send_type='signal'", Call, false)]
    [TestCase("send_type='*'", Call, true)]
    [TestCase("send_type='signal'", "signal path=/p interface=a.b member=M broadcast", true)]
    [TestCase("send_type='method_return'", "return requested to=x.y", true)]
    [TestCase("send_type='error'", "error name=e.r requested to=x.y", true)]
    [TestCase("send_error='e.r'", "error name=e.r requested to=x.y", true)]
    [TestCase("send_error='e.s'", "error name=e.r requested to=x.y", false)]
    [TestCase("send_destination='x.y'", Call, true)]
    [TestCase("send_destination='x.z'", Call, false)]
    [TestCase("send_destination='x'", Call, false)]
    [TestCase("send_destination='x.y'", "call path=/p member=M to=x.z,x.y", true)]
    [TestCase("send_destination='x.y'", "signal path=/p interface=a.b member=M broadcast to=x.y", true)]
    [TestCase("send_destination=':1.7'", "call path=/p member=M to=:1.7", true)]
    [TestCase("send_destination_prefix='x.y'", Call, true)]
    [TestCase("send_destination_prefix='x'", Call, true)]
    [TestCase("send_destination_prefix='x.y'", "call path=/p member=M to=x.yz", false)]
    [TestCase("send_destination_prefix='x.y'", "call path=/p member=M to=x.y.z.a", true)]
    [TestCase("send_destination_prefix='*'", Call, false)]
    [TestCase("send_broadcast='true' send_type='*'", "signal path=/p interface=a.b member=M broadcast", true)]
    [TestCase("send_broadcast='true'", "signal path=/p interface=a.b member=M to=x.y", false)]
    [TestCase("send_broadcast='true'", Call, false)]
    [TestCase("send_broadcast='false'", Call, true)]
    [TestCase("send_broadcast='false'", "signal path=/p interface=a.b member=M broadcast", false)]
    [TestCase("send_destination='*' min_fds='2'", "call path=/p member=M to=x.y fds=1", false)]
    [TestCase("send_destination='*' min_fds='2'", "call path=/p member=M to=x.y fds=2", true)]
    [TestCase("send_destination='*' max_fds='2'", "call path=/p member=M to=x.y fds=2", true)]
    [TestCase("send_destination='*' max_fds='2'", "call path=/p member=M to=x.y fds=3", false)]
    [TestCase("send_destination='*' max_fds='0'", Call, true)]
    public void A_rule_on_sending_matches(string attributes, string message, bool matches)
    {
        Assert.That(Ask($"<allow {attributes}/>", message, PolicyDirection.Send).IsAllowed, Is.EqualTo(matches));
        PolicySet denying = PolicyText.Rules($"<allow send_type='*' eavesdrop='true'/><deny {attributes}/>", "xcp");
        bool isReply = message.Contains(" requested"); // which a deny rule leaves alone
        Assert.That(new SpokenRequest(message).Ask(denying, PolicyDirection.Send).IsAllowed, Is.EqualTo(!matches || isReply));
    }

    [TestCase("receive_sender='*'", "call path=/p member=M from=x.y", true)]
    [TestCase("receive_sender='x.y'", "call path=/p member=M from=x.z,x.y", true)]
    [TestCase("receive_sender='x.z'", "call path=/p member=M from=x.y", false)]
    [TestCase("receive_sender='x.y'", "call path=/p member=M to=x.y", false)]
    [TestCase("receive_interface='a.b'", Call, true)]
    [TestCase("receive_interface='a.c'", Call, false)]
    [TestCase("receive_interface='a.b' receive_member='N'", Call, false)]
    [TestCase("receive_path='/q' receive_member='M'", Call, false)]
    [TestCase("receive_type='method_call'", Call, true)]
    [TestCase("receive_type='error'", Call, false)]
    [TestCase("receive_error='e.s'", "error name=e.r requested", false)]
    [TestCase("receive_error='e.r'", "error name=e.r requested", true)]
    [TestCase("receive_type='*' min_fds='1'", Call, false)]
    [TestCase("receive_type='*' max_fds='1'", "call path=/p member=M fds=2", false)]
    public void A_rule_on_receiving_matches(string attributes, string message, bool matches) =>
        Assert.That(Ask($"<allow {attributes}/>", message, PolicyDirection.Receive).IsAllowed, Is.EqualTo(matches));

    // An allow rule with requested_reply="true", its default, is not for replies nobody asked for; one with "false" is for all.
    // A deny rule with "false", its default, is only for replies that nobody asked for; one with "true" is for all.
    [TestCase("", "requested", true, false)]
    [TestCase("", "unrequested", false, true)]
    [TestCase("requested_reply='true'", "requested", true, true)]
    [TestCase("requested_reply='true'", "unrequested", false, true)]
    [TestCase("requested_reply='false'", "requested", true, false)]
    [TestCase("requested_reply='false'", "unrequested", true, true)]
    public void Replies_are_matched_by_whether_they_were_asked_for(string attribute, string state, bool allowMatches, bool denyMatches)
    {
        foreach ((string side, PolicyDirection direction) in Sides)
        {
            string flag = attribute.Length == 0 ? "" : $"{side}_{attribute}";
            string message = $"return {state}";

            Assert.That(Ask($"<allow {side}_type='*' {flag}/>", message, direction).IsAllowed, Is.EqualTo(allowMatches));
            Assert.That(Ask($"<allow {side}_type='*' {side}_requested_reply='false'/><deny {side}_type='method_return' {flag}/>", message, direction).IsAllowed, Is.EqualTo(!denyMatches));
            Assert.That(Ask($"<allow {side}_type='*' {flag} eavesdrop='true'/>", $"{message}{(side == "receive" ? " eavesdropping" : "")}", direction).IsAllowed, Is.True);
        }
    }

    // Receiving: an allow rule is for what is addressed to others only with eavesdrop="true"; a deny rule with it is only for that.
    [TestCase("<allow receive_type='*'/>", false, true)]
    [TestCase("<allow receive_type='*'/>", true, false)]
    [TestCase("<allow receive_type='*' eavesdrop='true'/>", true, true)]
    [TestCase("<allow eavesdrop='true'/>", true, true)]
    [TestCase("<allow eavesdrop='true'/>", false, true)]
    [TestCase("<allow eavesdrop='true'/><deny receive_type='signal' eavesdrop='true'/>", false, true)]
    [TestCase("<allow eavesdrop='true'/><deny receive_type='signal' eavesdrop='true'/>", true, false)]
    [TestCase("<allow eavesdrop='true'/><deny receive_type='signal'/>", true, false)]
    [TestCase("<allow eavesdrop='true'/><deny receive_type='signal'/>", false, false)]
    public void What_is_addressed_to_others_needs_eavesdrop(string rules, bool isEavesdropping, bool isAllowed) => Assert.That(
        Ask(rules, $"signal path=/p interface=a.b member=M{(isEavesdropping ? " eavesdropping" : "")}", PolicyDirection.Receive).IsAllowed, Is.EqualTo(isAllowed));

    // CVE-2008-0595: a message need not have an interface. In types other than xcp dbus-daemon's laxness for the other fields is kept.
    [TestCase("system", "<allow send_interface='a.b'/>", Bare, false)]
    [TestCase("system", "<allow send_type='*'/><deny send_interface='a.b'/>", Bare, false)]
    [TestCase("xcp", "<allow send_interface='a.b'/>", Bare, false)]
    [TestCase("xcp", "<allow send_type='*'/><deny send_interface='a.b'/>", Bare, false)]
    [TestCase("system", "<allow send_error='e.r'/>", Call, true)]
    [TestCase("xcp", "<allow send_error='e.r'/>", Call, false)]
    [TestCase("system", "<allow send_type='*'/><deny send_error='e.r'/>", Call, false)]
    [TestCase("xcp", "<allow send_type='*'/><deny send_error='e.r'/>", Call, false)]
    [TestCase("system", "<allow send_path='/p'/>", "return requested to=x.y", true)]
    [TestCase("xcp", "<allow send_path='/p'/>", "return requested to=x.y", false)]
    [TestCase("system", "<allow send_path='/p' send_member='M'/>", "return requested to=x.y", true)]
    [TestCase("xcp", "<allow send_path='*' send_member='M'/>", "return requested to=x.y", false)]
    [TestCase("xcp", "<allow send_type='*'/><deny send_path='/p' send_requested_reply='true'/>", "return requested to=x.y", false)]
    public void A_field_that_the_message_lacks(string type, string rules, string message, bool isAllowed) =>
        Assert.That(new SpokenRequest(message).Ask(PolicyText.Rules(rules, type), PolicyDirection.Send).IsAllowed, Is.EqualTo(isAllowed));

    // bus_client_policy_optimize: what stands before a rule that names no field, type or peer is forgotten, whether that rule matches or not.
    [TestCase("system", "<allow send_type='*'/><deny send_broadcast='true'/>", Call, false)]
    [TestCase("xcp", "<allow send_type='*'/><deny send_broadcast='true'/>", Call, true)]
    [TestCase("system", "<allow send_type='*'/><deny send_destination='*' min_fds='1'/>", Call, false)]
    [TestCase("xcp", "<allow send_type='*'/><deny send_destination='*' min_fds='1'/>", Call, true)]
    [TestCase("system", "<allow send_type='*'/><deny send_type='signal' send_broadcast='true'/>", Call, true)]
    public void A_rule_with_nothing_but_conditions_makes_dbus_daemon_forget_the_earlier_ones(string type, string rules, string message, bool isAllowed) =>
        Assert.That(new SpokenRequest(message).Ask(PolicyText.Rules(rules, type), PolicyDirection.Send).IsAllowed, Is.EqualTo(isAllowed));

    [TestCase("", null)]
    [TestCase("<allow send_interface='a.c'/>", null)]
    [TestCase("<allow send_type='*'/>", true)]
    [TestCase("<allow send_type='*'/><deny send_interface='a.b'/>", false)]
    [TestCase("<deny send_interface='a.b'/><allow send_destination='x.y'/>", true)]
    [TestCase("<allow send_destination='x.y'/><deny send_interface='a.b'/>", false)]
    [TestCase("<deny send_destination='x.y'/><allow send_destination_prefix='x'/>", true)]
    [TestCase("<allow send_destination_prefix='x'/><deny send_destination='x.y'/>", false)]
    public void The_last_rule_that_matches_decides_and_none_is_a_denial(string rules, bool? verdict)
    {
        PolicyVerdict found = Ask(rules, Call, PolicyDirection.Send);

        Assert.That(found.IsAllowed, Is.EqualTo(verdict ?? false));
        Assert.That(found.Rule?.IsAllow, Is.EqualTo(verdict));
    }

    [TestCase("<allow send_type='*' log='true'/>", true)]
    [TestCase("<allow send_type='*' log='false'/>", false)]
    [TestCase("<allow send_type='*' log='true'/><allow send_interface='a.b'/>", false)]
    [TestCase("<deny send_type='*' log='true'/>", true)]
    public void A_rule_can_ask_for_a_line_in_the_log(string rules, bool isLogged) =>
        Assert.That(Ask(rules, Call, PolicyDirection.Send).IsToBeLogged, Is.EqualTo(isLogged));

    private static PolicyVerdict Ask(string rules, string message, PolicyDirection direction) =>
        new SpokenRequest(message).Ask(PolicyText.Rules(rules), direction);
}
