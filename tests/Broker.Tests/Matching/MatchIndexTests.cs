using XcpBroker.Matching;

namespace XcpBroker.Broker.Tests.Matching;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class MatchIndexTests
{
    private readonly MatchIndex<Receiver> _index = new();
    private readonly Receiver _one = new(1);
    private readonly Receiver _two = new(2);

    [Test]
    public void A_rule_added_twice_and_removed_once_still_matches_and_delivers_once()
    {
        _index.Add(Rules.Parse("member='A'"), _one);
        _index.Add(Rules.Parse("member='A'"), _one);
        Assert.That(_index.Remove(Rules.Parse("member='A'"), _one), Is.True);

        Assert.That(_index.Collect(new MatchedMessage { Member = "A" }), Is.EqualTo([_one]));
        Assert.That((_index.Count, _index.CountOf(_one)), Is.EqualTo((1, 1)));

        Assert.That(_index.Remove(Rules.Parse("member='A'"), _one), Is.True);
        Assert.That(_index.Remove(Rules.Parse("member='A'"), _one), Is.False);
        Assert.That(_index.Collect(new MatchedMessage { Member = "A" }), Is.Empty);
    }

    [Test]
    public void A_receiver_with_several_matching_rules_is_found_once()
    {
        _index.Add(Rules.Parse(""), _one);
        _index.Add(Rules.Parse("member='A'"), _one);
        _index.Add(Rules.Parse("type='signal',arg0path='/a/'"), _one);
        _index.Add(Rules.Parse("type='signal',arg0path='/a/b'"), _one);

        Assert.That(_index.Collect(new MatchedMessage { Member = "A", Arguments = ["o/a/b"] }), Is.EqualTo([_one]));
    }

    [Test]
    public void Removal_compares_what_a_rule_says_and_not_its_text()
    {
        _index.Add(Rules.Parse("type='signal',arg00='x'"), _one);

        Assert.That(_index.Remove(Rules.Parse("arg0=x,type=signal,eavesdrop=false"), _one), Is.True);
        Assert.That(_index.Count, Is.Zero);
    }

    [TestCase("arg0='a'", "arg0path='a'")]
    [TestCase("arg0='a'", "arg0namespace='a'")]
    [TestCase("path='/a'", "path_namespace='/a'")]
    [TestCase("sender='a.b'", "destination='a.b'")]
    [TestCase("", "eavesdrop='true'")]
    [TestCase("type='signal'", "type='error'")]
    [TestCase("arg0='a'", "arg0='a',arg1='a'")]
    public void Removal_takes_no_other_rule(string added, string other)
    {
        _index.Add(Rules.Parse(added), _one);
        _index.Add(Rules.Parse(added), _two);

        Assert.That(_index.Remove(Rules.Parse(other), _one), Is.False);
    }

    [Test]
    public void A_rule_of_another_receiver_is_not_removed()
    {
        _index.Add(Rules.Parse("member='A'"), _one);

        Assert.That(_index.Remove(Rules.Parse("member='A'"), _two), Is.False);
        Assert.That(_index.Collect(new MatchedMessage { Member = "A" }), Is.EqualTo([_one]));
    }

    [Test]
    public void Removing_all_rules_of_a_receiver_leaves_those_of_others_and_nothing_behind()
    {
        foreach (string rule in new[] { "", "sender='a.b'", "destination='a.b',arg1path='/'", "path_namespace='/x',arg0='1',arg2='3'" })
        {
            _index.Add(Rules.Parse(rule), _one);
            _index.Add(Rules.Parse(rule), _one);
            _index.Add(Rules.Parse(rule), _two);
        }

        _index.RemoveAll(_one);
        Assert.That((_index.Count, _index.CountOf(_one), _index.CountOf(_two)), Is.EqualTo((4, 0, 4)));
        Assert.That(_index.Collect(new MatchedMessage()), Is.EqualTo([_two]));

        _index.RemoveAll(_two);
        _index.RemoveAll(_two);
        Assert.That(_index.IsEmpty, Is.True);
    }

    [Test]
    public void Peaks_stay_when_rules_go()
    {
        _index.Add(Rules.Parse("member='A'"), _one);
        _index.Add(Rules.Parse("member='A'"), _one);
        _index.Add(Rules.Parse("member='B'"), _two);
        _ = _index.Remove(Rules.Parse("member='A'"), _one);

        Assert.That((_index.PeakCount, _index.PeakCountPerReceiver), Is.EqualTo((3, 2)));
        Assert.That((_index.PeakCountOf(_one), _index.PeakCountOf(_two)), Is.EqualTo((2, 1)));
    }

    [Test]
    public void The_rules_of_a_receiver_are_listed_in_order_with_their_number()
    {
        _index.Add(Rules.Parse("member='B'"), _one);
        _index.Add(Rules.Parse("member='A'"), _one);
        _index.Add(Rules.Parse("member='B'"), _one);
        _index.Add(Rules.Parse("member='C'"), _two);

        Assert.That(
            _index.RulesOf(_one).Select(entry => (entry.Rule.ToString(), entry.Times)),
            Is.EqualTo([("member='B'", 2), ("member='A'", 1)]));
    }

    [Test]
    public void A_well_known_sender_follows_its_owner_without_a_change_of_rules()
    {
        _index.Add(Rules.Parse("sender='com.example.A'"), _one);
        MatchedMessage owner = new() { Sender = ":1.7", SenderNames = ["org.other.B", "com.example.A"] };

        Assert.That(_index.Collect(owner), Is.EqualTo([_one]));
        Assert.That(_index.Collect(owner with { SenderNames = ["org.other.B"] }), Is.Empty);
        Assert.That(_index.Collect(owner with { SenderNames = null }), Is.Empty);
    }

    [Test]
    public void The_bus_is_a_sender_by_its_name()
    {
        _index.Add(Rules.Parse("sender='org.freedesktop.DBus'"), _one);

        Assert.That(_index.Collect(new MatchedMessage { Sender = "org.freedesktop.DBus" }), Is.EqualTo([_one]));
        Assert.That(_index.Collect(new MatchedMessage { Sender = ":1.1" }), Is.Empty);
    }

    [TestCase("destination=':1.9'", true)]
    [TestCase("destination='com.example.A'", true)]
    [TestCase("destination='com.example.Other'", true)]
    [TestCase("destination=':1.8'", false)]
    [TestCase("destination='com.example.B'", false)]
    public void A_destination_is_the_literal_one_or_any_name_of_the_recipient(string rule, bool matches)
    {
        _index.Add(Rules.Parse(rule), _one);
        MatchedMessage call = new()
        {
            Destination = "com.example.A",
            Recipient = ":1.9",
            RecipientNames = ["com.example.A", "com.example.Other"],
        };

        Assert.That(_index.Collect(call), matches ? Is.EqualTo([_one]) : Is.Empty);
    }

    [Test]
    public void Two_indexes_that_share_receivers_do_not_mistake_each_others_marks()
    {
        MatchIndex<Receiver> monitors = new();
        _index.Add(Rules.Parse(""), _one);
        monitors.Add(Rules.Parse(""), _one);
        for (int round = 0; round < 3; round++)
        {
            Assert.That(_index.Collect(new MatchedMessage()), Is.EqualTo([_one]));
            Assert.That(monitors.Collect(new MatchedMessage()), Is.EqualTo([_one]));
        }
    }

    [Test]
    public void The_generation_changes_with_each_change()
    {
        List<ulong> generations = [_index.Generation];
        _index.Add(Rules.Parse(""), _one);
        generations.Add(_index.Generation);
        _index.Add(Rules.Parse(""), _one);
        generations.Add(_index.Generation);
        _ = _index.Remove(Rules.Parse(""), _one);
        generations.Add(_index.Generation);
        _index.RemoveAll(_one);
        generations.Add(_index.Generation);

        Assert.That(generations, Is.Unique);
    }
}
