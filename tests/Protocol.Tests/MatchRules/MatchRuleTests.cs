using XcpBroker.Protocol.MatchRules;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Protocol.Tests.MatchRules;

public sealed class MatchRuleTests
{
    [TestCaseSource(typeof(MatchRuleVectors), nameof(MatchRuleVectors.Signals))]
    public void A_signal_matches_as_the_vectors_say_in_both_byte_orders(string rule, object signal, bool matches)
    {
        SignalVector vector = (SignalVector)signal;
        bool little = MatchRuleVectors.Parse(rule).Matches(vector.Subject(isBigEndian: false));
        bool big = MatchRuleVectors.Parse(rule).Matches(vector.Subject(isBigEndian: true));

        Assert.That((little, big), Is.EqualTo((matches, matches)));
    }

    [TestCase("type='signal',member='A'", "member='A',type='signal'", true)]
    [TestCase("arg0='a',arg1path='/b'", "arg1path='/b',arg0='a'", true)]
    [TestCase("arg0='a'", " arg00 =a,", true)]
    [TestCase("eavesdrop='false'", "", true)]
    [TestCase("eavesdrop='true'", "", false)]
    [TestCase("arg0='a'", "arg1='a'", false)]
    [TestCase("arg0='/a'", "arg0path='/a'", false)]
    [TestCase("arg0='a'", "arg0namespace='a'", false)]
    [TestCase("path='/a'", "path_namespace='/a'", false)]
    [TestCase("sender='a.b'", "destination='a.b'", false)]
    [TestCase("sender='a.b'", "interface='a.b'", false)]
    [TestCase("type='signal'", "type='error'", false)]
    [TestCase("type='signal'", "", false)]
    [TestCase("arg0='ab',arg1='c'", "arg0='a',arg1='bc'", false)]
    [TestCase("interface='a.bc',member='d'", "interface='a.b',member='cd'", false)]
    public void Rules_are_equal_when_they_say_the_same(string one, string other, bool areEqual)
    {
        MatchRule first = MatchRuleVectors.Parse(one);
        MatchRule second = MatchRuleVectors.Parse(other);

        Assert.That((first.Equals(second), first.ToString() == second.ToString()), Is.EqualTo((areEqual, areEqual)));
        Assert.That(!areEqual || first.GetHashCode() == second.GetHashCode(), Is.True);
    }

    [TestCase("sender=':1.1'", true)]
    [TestCase("sender='com.example.A'", true)]
    [TestCase("sender='com.example.B'", true)]
    [TestCase("sender='com.example.C'", false)]
    [TestCase("sender='com.example.AB'", false)]
    [TestCase("sender=':1.10'", false)]
    public void A_sender_is_the_unique_name_or_a_name_owned_now(string rule, bool matches)
    {
        MatchSubject subject = new() { Sender = ":1.1"u8, SenderNames = ["com.example.A", "com.example.B"] };

        Assert.That(MatchRuleVectors.Parse(rule).Matches(subject), Is.EqualTo(matches));
    }

    [TestCase("destination='com.example.A'", true)]
    [TestCase("destination='com.example.B'", true)]
    [TestCase("destination=':1.2'", true)]
    [TestCase("destination=':1.1'", false)]
    public void A_destination_is_the_literal_one_or_a_name_of_the_recipient(string rule, bool matches)
    {
        MatchSubject subject = new()
        {
            Sender = ":1.1"u8,
            Destination = "com.example.A"u8,
            Recipient = ":1.2"u8,
            RecipientNames = ["com.example.B"],
        };

        Assert.That(MatchRuleVectors.Parse(rule).Matches(subject), Is.EqualTo(matches));
    }

    [TestCase("sender='a.b'")]
    [TestCase("destination='a.b'")]
    [TestCase("interface='a.b'")]
    [TestCase("member='A'")]
    [TestCase("path='/'")]
    [TestCase("path_namespace='/'")]
    [TestCase("arg0=''")]
    [TestCase("arg0path=''")]
    [TestCase("arg0namespace='a'")]
    [TestCase("type='signal'")]
    public void What_a_message_does_not_have_matches_nothing(string rule) =>
        Assert.That(MatchRuleVectors.Parse(rule).Matches(default), Is.False);

    [TestCase("type='signal'", MessageType.Signal)]
    [TestCase("type='method_call'", MessageType.MethodCall)]
    [TestCase("type='method_return'", MessageType.MethodReturn)]
    [TestCase("type='error'", MessageType.Error)]
    public void A_type_matches_itself_alone(string rule, MessageType type)
    {
        foreach (MessageType other in Enum.GetValues<MessageType>())
        {
            Assert.That(MatchRuleVectors.Parse(rule).Matches(new MatchSubject { Type = other }), Is.EqualTo(other == type));
        }
    }

    [Test]
    public void A_subject_is_taken_from_a_message()
    {
        MessageBuilder builder = new();
        builder.Begin(new MessageFields { Type = MessageType.Signal, Path = "/a", Interface = "i.I", Member = "M", Signature = "s" });
        builder.Body.WriteString("x");
        byte[] message = builder.Finish(1).ToArray();
        Assert.That(MessageHeader.TryParse(message, out MessageHeader header), Is.EqualTo(MessageViolation.None));

        MatchSubject subject = new(header, message) { Sender = ":1.5"u8 };

        MatchRule rule = MatchRuleVectors.Parse("type='signal',sender=':1.5',path='/a',interface='i.I',member='M',arg0='x'");
        Assert.That(rule.Matches(subject), Is.True);
    }
}
