using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Matching;

internal sealed class MatchRuleTests : BusFixture
{
    [Test]
    public void Rules_are_a_multiset_and_each_receiver_gets_one_copy()
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        receiver.AddMatch("member='S',interface='org.example.Interface'");
        receiver.AddMatch("interface='org.example.Interface',member='S'");
        receiver.AddMatch("type='signal'");
        Assert.That(Heard(), Is.EqualTo(1), "three rules match");
        receiver.AskWell("RemoveMatch", "type='signal'");
        receiver.AskWell("RemoveMatch", "member='S',interface='org.example.Interface'");
        Assert.That(Heard(), Is.EqualTo(1), "one of the two is left");
        receiver.AskWell("RemoveMatch", "interface='org.example.Interface',member='S'");
        Assert.That(Heard(), Is.Zero);
        Assert.That(receiver.Ask("RemoveMatch", "interface='org.example.Interface',member='S'").ErrorName, Is.EqualTo(ErrorNames.MatchRuleNotFound));

        int Heard()
        {
            sender.Emit("S");
            return receiver.ReceiveAll().Count;
        }
    }

    [TestCase("type='signal'", true)]
    [TestCase("type='method_call'", false)]
    [TestCase("", true)]
    [TestCase("sender=':1.0'", true)]
    [TestCase("sender=':1.1'", false)]
    [TestCase("sender='org.freedesktop.DBus'", false)]
    [TestCase("path='/a'", true)]
    [TestCase("path='/'", false)]
    [TestCase("path_namespace='/'", true)]
    [TestCase("path_namespace='/a'", true)]
    [TestCase("path_namespace='/b'", false)]
    [TestCase("destination=':1.1'", false)]
    [TestCase("arg0='first'", true)]
    [TestCase("arg0='fir'", false)]
    [TestCase("arg1='/path/of/it/'", true)]
    [TestCase("arg1path='/path/'", true)]
    [TestCase("arg1path='/path/of/it/below'", true)]
    [TestCase("arg0namespace='first'", true)]
    [TestCase("arg2='third'", false)]
    [TestCase("member='S',arg0='first',arg1path='/path/of/it/',sender=':1.0'", true)]
    [TestCase("eavesdrop='true',member='S'", true)]
    public void A_rule_chooses_among_broadcasts(string rule, bool matches)
    {
        FakePeer sender = Broker.Connect();
        FakePeer receiver = Broker.Connect();
        receiver.AddMatch(rule);
        sender.Emit("S", "first", "/path/of/it/");

        Assert.That(receiver.Hear(), Has.Count.EqualTo(matches ? 1 : 0));
    }

    [Test]
    public void A_well_known_sender_is_whoever_owns_the_name_at_that_moment()
    {
        FakePeer listener = Broker.Connect();
        FakePeer first = Broker.Connect();
        FakePeer second = Broker.Connect();
        listener.AddMatch("sender='org.example.Name',type='signal'");
        first.Emit("NobodysYet");
        first.RequestName("org.example.Name", 1);
        first.Emit("Mine");
        second.RequestName("org.example.Name");
        second.Emit("OnlyQueued");
        first.AskWell("ReleaseName", "org.example.Name");
        second.Emit("NowMine");
        first.Emit("Past");
        second.Close();
        first.Emit("StillPast");

        Assert.That(listener.Hear(), Is.EqualTo(["Mine()", "NowMine()"]));
    }

    /// <summary>Headers that repeat themselves are not looked for anew; whatever may change what they match must be noticed.</summary>
    [Test]
    public void What_is_sent_again_and_again_is_for_whoever_wants_it_at_that_moment()
    {
        FakePeer sender = Broker.Connect();
        FakePeer listener = Broker.Connect();
        Emit("no rule", heard: false);
        listener.AddMatch("member='S'");
        Emit("rule", heard: true);
        listener.AskWell("RemoveMatch", "member='S'");
        Emit("no rule again", heard: false);
        listener.AddMatch("sender='org.example.Name'");
        Emit("rule with a name", heard: false);
        sender.RequestName("org.example.Name");
        Emit("name", heard: true);
        sender.AskWell("ReleaseName", "org.example.Name");
        _ = listener.ReceiveAll();
        Emit("no name", heard: false);
        listener.AddMatch("member='S',arg0='wanted'");
        Emit("other argument", heard: false);
        Emit("wanted", heard: true);
        Emit("wanted", heard: true);
        Emit("other argument", heard: false);
        sender.Emit("T", "another header");
        Emit("wanted", heard: true);
        FakePeer second = Broker.Connect();
        second.AddMatch("member='S',arg0='wanted'");
        Emit("wanted", heard: true);
        Assert.That(second.Hear(), Is.EqualTo(["S(wanted)", "S(wanted)", "S(wanted)"]), "the same rule of another");
        listener.Close();
        sender.Emit("S", "wanted");
        Assert.That(second.Hear(), Is.EqualTo(["S(wanted)"]));

        void Emit(string argument, bool heard)
        {
            for (int time = 0; time < 3; time++)
            {
                sender.Emit("S", argument);
                Assert.That(listener.ReceiveAll(), Has.Count.EqualTo(heard ? 1 : 0), $"{argument}, time {time}");
            }
        }
    }

    [Test]
    public void The_bus_is_a_sender_like_any_other()
    {
        FakePeer listener = Broker.Connect();
        FakePeer other = Broker.Connect();
        listener.AddMatch("sender='org.freedesktop.DBus',arg0='org.example.Name'");
        other.RequestName("org.example.Other");
        other.RequestName("org.example.Name");
        other.Emit("Signal", "org.example.Name");

        Assert.That(listener.Hear(), Is.EqualTo(["NameOwnerChanged(org.example.Name,,:1.1)"]));
    }

    [TestCase("type='nonsense'")]
    [TestCase("nonsense")]
    [TestCase("path='no path'")]
    [TestCase("path='/a',path_namespace='/a'")]
    [TestCase("arg64='x'")]
    [TestCase("member='a',member='a'")]
    [TestCase("member='not closed")]
    [TestCase("interface='one'")]
    [TestCase("frobnicate='yes'")]
    public void What_is_no_rule_is_told_so_with_the_rule(string rule)
    {
        FakePeer peer = Broker.Connect();
        foreach (string member in new[] { "AddMatch", "RemoveMatch" })
        {
            Peers.Raw.PeerMessage error = peer.Ask(member, rule);
            Assert.That(error.ErrorName, Is.EqualTo(ErrorNames.MatchRuleInvalid));
            Assert.That(error.FirstString, Does.Contain(rule));
        }

        Assert.That(Broker.Bus.Rules.Count, Is.Zero);
    }

    [Test]
    public void A_rule_has_at_most_1024_bytes()
    {
        FakePeer peer = Broker.Connect();
        string longest = "arg0='" + new string('x', 1024 - 7) + "'";
        peer.AddMatch(longest);

        Assert.That(peer.Ask("AddMatch", longest + " ").ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
        peer.AskWell("RemoveMatch", longest);
    }

    [Test]
    public void A_connection_has_so_many_rules_and_no_more()
    {
        Limit(limits => limits with { MaxMatchRulesPerConnection = 3 });
        FakePeer peer = Broker.Connect();
        peer.AddMatch("arg0='a'");
        peer.AddMatch("arg0='a'");
        peer.AddMatch("arg0='b'");
        Peers.Raw.PeerMessage error = peer.Ask("AddMatch", "arg0='c'");
        Assert.That(error.ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
        Assert.That(error.FirstString, Does.Contain("max_match_rules_per_connection=3"));

        Broker.Connect().AddMatch("arg0='c'");
        peer.AskWell("RemoveMatch", "arg0='a'");
        peer.AddMatch("arg0='c'");
    }

    [Test]
    public void Rules_go_with_their_connection()
    {
        FakePeer peer = Broker.Connect();
        peer.AddMatch("");
        peer.AddMatch("arg0='a'");
        peer.Close();

        Assert.That(Broker.Bus.Rules.IsEmpty, Is.True);
    }

    [Test]
    public void A_rule_of_another_cannot_be_removed()
    {
        FakePeer owner = Broker.Connect();
        owner.AddMatch("arg0='a'");

        Assert.That(Broker.Connect().Ask("RemoveMatch", "arg0='a'").ErrorName, Is.EqualTo(ErrorNames.MatchRuleNotFound));
    }
}
