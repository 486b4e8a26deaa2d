using XcpBroker.Config.Services;
using XcpBroker.Protocol.MatchRules;

namespace XcpBroker.Config.Tests.Services;

internal sealed class SubscriptionTextTests
{
    [TestCase("type='signal'", "type='signal'")]
    [TestCase("member='A';member='B'", "member='A' | member='B'")]
    [TestCase(" member=A ; member=B ;", "member='A' | member='B'")]
    [TestCase("member=A;\t", "member='A'")]
    [TestCase("arg0='a;b';member='B'", "arg0='a;b' | member='B'")]
    [TestCase("path_namespace='/a'", "path_namespace='/a'")]
    public void Rules_are_written_one_after_the_other(string text, string rules)
    {
        Assert.That(SubscriptionText.TryParse(text, out IReadOnlyList<MatchRule>? read, out string? error), Is.True, error);
        Assert.That(read!.Select(rule => rule.ToString()), Is.EqualTo(rules.Split(" | ")));
    }

    [Test]
    public void An_apostrophe_behind_a_backslash_begins_no_text()
    {
        Assert.That(SubscriptionText.TryParse("arg0=a\\';member=B", out IReadOnlyList<MatchRule>? read, out string? error), Is.True, error);
        Assert.That(read, Has.Count.EqualTo(2));
    }

    [TestCase("", "a rule is empty, and would match everything")]
    [TestCase("\t", "a rule is empty, and would match everything")]
    [TestCase("member='A';eavesdrop='false'", "a rule is empty, and would match everything")]
    [TestCase(";member='A'", "a rule is empty, and would match everything")]
    [TestCase("member='A';;member='B'", "a rule is empty, and would match everything")]
    [TestCase("member='A';member", "'member': ")]
    [TestCase("type='method_call'", "'type='method_call'': only signals that are for all are held, so no other type, no destination and no eavesdrop")]
    [TestCase("destination='a.b'", "'destination='a.b'': only signals that are for all")]
    [TestCase("eavesdrop='true'", "'eavesdrop='true'': only signals that are for all")]
    public void What_is_no_rule_about_signals_for_all_is_said(string text, string error)
    {
        Assert.That(SubscriptionText.TryParse(text, out _, out string? said), Is.False);
        Assert.That(said, Does.StartWith(error));
    }

    [Test]
    public void There_is_an_end_to_it()
    {
        string rules = string.Join(';', Enumerable.Range(0, SubscriptionText.MaxRules).Select(i => $"member='M{i}'"));

        Assert.That(SubscriptionText.TryParse(rules, out _, out _), Is.True);
        Assert.That(SubscriptionText.TryParse(rules + ";member='M'", out _, out string? many), Is.False);
        Assert.That(many, Is.EqualTo("there are more than 64 rules"));
        Assert.That(SubscriptionText.TryParse($"arg0='{new string('a', MatchRule.MaxTextLength)}'", out _, out string? large), Is.False);
        Assert.That(large, Is.EqualTo("a rule is longer than 1024 bytes"));
    }

    [Test]
    public void Whatever_is_read_reads_the_same_when_it_is_written_anew()
    {
        string[] pieces = ["member='A'", "arg0='a;b'", "path='/a'", "interface=a.b", ";", ";", ",", "'", "\\", " ", "\t", "type='signal'", "sender='a.b'", "arg1path='/a/'"];
        Random random = new(20261128);
        int taken = 0;
        for (int i = 0; i < 20_000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (SubscriptionText.TryParse(text, out IReadOnlyList<MatchRule>? rules, out string? error))
            {
                taken++;
                Assert.That(rules, Has.Count.GreaterThan(0));
                Assert.That(SubscriptionText.TryParse(string.Join(';', rules), out IReadOnlyList<MatchRule>? again, out error), Is.True, $"{text}: {error}");
                Assert.That(again, Is.EqualTo(rules), text);
            }
            else
            {
                Assert.That(error, Is.Not.Empty);
            }
        }

        Assert.That(taken, Is.GreaterThan(500));
    }
}
