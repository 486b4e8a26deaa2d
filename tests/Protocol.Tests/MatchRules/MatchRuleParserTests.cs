using System.Text;
using CsCheck;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Protocol.Tests.MatchRules;

public sealed class MatchRuleParserTests
{
    private static readonly string[] Fragments =
    [
        "type", "sender", "interface", "member", "path", "path_namespace", "destination", "eavesdrop", "arg0", "arg1path", "arg0namespace",
        "arg64", "=", "=", "=", "'", "'", ",", ",", "\\", "\\'", " ", "signal", "true", "false", "a.b", "/a", "A", ":1.1", "é", "\0", "",
    ];

    [TestCaseSource(typeof(MatchRuleVectors), nameof(MatchRuleVectors.Texts))]
    public void A_text_is_read_as_the_vectors_say(string text, bool isRule, string canonicalOrError)
    {
        bool parsed = MatchRuleParser.TryParse(StrictUtf8.Instance.GetBytes(text), out MatchRule? rule, out string? error);

        Assert.That((parsed, rule?.ToString() ?? error), Is.EqualTo((isRule, canonicalOrError)));
        Assert.That((rule is null, error is null), Is.EqualTo((!parsed, parsed)));
    }

    [TestCaseSource(typeof(MatchRuleVectors), nameof(MatchRuleVectors.Texts))]
    public void Every_prefix_of_a_text_is_a_rule_with_a_canonical_text_or_is_refused(string text, bool isRule, string canonicalOrError)
    {
        _ = (isRule, canonicalOrError);
        byte[] bytes = StrictUtf8.Instance.GetBytes(text);
        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.That(IsConsistent(bytes[..length]), Is.True, $"{length} bytes");
        }
    }

    [Test]
    public void Any_bytes_are_a_rule_with_a_canonical_text_or_are_refused() => Gen.Byte.Array.Sample(IsConsistent);

    [Test]
    public void Any_likely_text_is_a_rule_with_a_canonical_text_or_is_refused() =>
        Gen.OneOf(Fragments).Array[0, 20].Select(parts => StrictUtf8.Instance.GetBytes(string.Concat(parts))).Sample(IsConsistent, iter: 20_000);

    [Test]
    public void Any_value_of_an_argument_comes_back() =>
        Gen.String[Gen.Char[' ', '~'], 0, 40].Sample(value =>
        {
            string quoted = value.Replace("'", @"'\''", StringComparison.Ordinal);
            MatchRule rule = MatchRuleVectors.Parse($"arg7='{quoted}'");
            return Encoding.ASCII.GetString(rule.ValueOf(rule.Arguments[0])) == value && rule.ToString() == $"arg7='{quoted}'";
        });

    [Test]
    public void Text_that_is_not_UTF_8_is_refused()
    {
        Assert.That(MatchRuleParser.TryParse([.. "arg0='"u8, 0xff, (byte)'\''], out _, out string? error), Is.False);
        Assert.That(error, Is.EqualTo("Match rule text is not valid UTF-8"));
    }

    [Test]
    public void Text_beyond_what_can_be_held_is_refused()
    {
        byte[] text = [.. "arg0='"u8, .. Enumerable.Repeat((byte)'a', 70_000), (byte)'\''];

        Assert.That(MatchRuleParser.TryParse(text, out _, out string? error), Is.False);
        Assert.That(error, Is.EqualTo("Match rule text is 70007 bytes, maximum is 1024"));
    }

    [Test]
    public void The_parts_of_a_rule_can_be_read()
    {
        MatchRule rule = MatchRuleVectors.Parse(
            "arg2path='/x/',destination=':1.2',path_namespace='/a',member='M',interface='i.I',sender='s.S',type='error',arg0=a,eavesdrop=true");

        Assert.That(rule.Keys, Is.EqualTo(
            MatchKeys.Type | MatchKeys.Sender | MatchKeys.Interface | MatchKeys.Member | MatchKeys.PathNamespace | MatchKeys.Destination
            | MatchKeys.Eavesdrop));
        Assert.That(rule.Type, Is.EqualTo(Protocol.Messages.MessageType.Error));
        string[] values = [Text(rule.Sender), Text(rule.Interface), Text(rule.Member), Text(rule.Path), Text(rule.Destination)];
        Assert.That(values, Is.EqualTo(["s.S", "i.I", "M", "/a", ":1.2"]));
        (byte, ArgumentMatchKind, string)[] arguments =
            [.. rule.Arguments.ToArray().Select(argument => (argument.Index, argument.Kind, Text(rule.ValueOf(argument))))];
        Assert.That(arguments, Is.EqualTo([(0, ArgumentMatchKind.Exact, "a"), ((byte)2, ArgumentMatchKind.Path, "/x/")]));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes);

    private static bool IsConsistent(byte[] text)
    {
        if (!MatchRuleParser.TryParse(text, out MatchRule? rule, out string? error))
        {
            return rule is null && error is { Length: > 0 };
        }

        string canonical = rule!.ToString();
        MatchRule again = MatchRuleVectors.Parse(canonical);
        return error is null && again.Equals(rule) && again.GetHashCode() == rule.GetHashCode() && again.ToString() == canonical;
    }
}
