using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Monitoring;

/// <summary>How a peer becomes a monitor, and how it ends as one.</summary>
internal sealed class MonitorTests : MonitorFixture
{
    [Test]
    public void A_monitor_is_answered_then_loses_its_names_and_is_told()
    {
        FakePeer peer = Broker.Connect();
        FakePeer other = Broker.Connect();
        other.AddMatch(NameChanges);
        peer.RequestName("org.example.A");
        peer.RequestName("org.example.B");
        other.RequestName("org.example.B");
        uint waiting = other.CallPeer(":1.0", "Do");
        peer.Hear();
        uint serial = BecomeMonitor(peer);

        Assert.That(
            peer.Hear(),
            Is.EqualTo([$"return {serial}()", "NameLost(org.example.B)", "NameLost(org.example.A)", "NameLost(:1.0)"]));
        Assert.That(other.Hear(), Is.EqualTo(
        [
            "NameOwnerChanged(org.example.B,:1.0,:1.1)",
            "NameAcquired(org.example.B)",
            "NameOwnerChanged(org.example.A,:1.0,)",
            "NameOwnerChanged(:1.0,:1.0,)",
            $"error {waiting} NoReply",
        ]));
        Assert.That(other.AskWell("ListNames").Strings(), Is.EquivalentTo([Bus, ":1.1", "org.example.B"]));
        Assert.That(other.AskWell("NameHasOwner", ":1.0").ArgumentsText(), Is.EqualTo("false"));
        Assert.That(other.Ask("GetConnectionUnixUser", ":1.0").ErrorName, Is.EqualTo(ErrorNames.NameHasNoOwner));
    }

    [Test]
    public void Nothing_can_be_sent_to_a_monitor()
    {
        FakePeer monitor = Monitor();
        FakePeer other = Broker.Connect();
        monitor.ReceiveAll();
        uint serial = other.CallPeer(":1.0", "Do");

        Assert.That(other.Hear(), Is.EqualTo([$"error {serial} ServiceUnknown"]));
        Assert.That(monitor.Hear(), Is.EqualTo([$"call {serial} Do()", $"error {serial} ServiceUnknown"]), "it sees both as anybody's");
    }

    [Test]
    public void The_calls_of_a_monitor_are_forgotten()
    {
        FakePeer peer = Broker.Connect();
        FakePeer callee = Broker.Connect();
        peer.CallPeer(":1.1", "Do");
        BecomeMonitor(peer, "member='Nothing'");
        peer.Hear();
        callee.Reply(callee.Receive());

        Assert.That(peer.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Replies.Count, Is.Zero);
    }

    [Test]
    public void A_monitor_that_sends_is_disconnected()
    {
        FakePeer monitor = Monitor();
        monitor.Call("GetId");
        monitor.ReceiveAll();

        Assert.That(monitor.IsClosed, Is.True);
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("MonitorSent"));
    }

    [Test]
    public void A_monitor_that_does_not_read_is_dropped_and_others_feel_nothing()
    {
        Limit(limits => limits with { MaxOutgoingBytes = 100_000 });
        FakePeer monitor = Monitor(socketBuffer: 4096);
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        for (uint i = 0; i < 100; i++)
        {
            one.CallPeer(":1.2", "Do", new byte[10_000]);
            two.Reply(two.Receive(), i);
            Assert.That(one.Receive().Number(), Is.EqualTo(i));
        }

        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Exactly(1).Contains("SlowMonitor"));
        Assert.That(Broker.Bus.Monitors.Rules.Count, Is.Zero);
        monitor.ReceiveAll();
        Assert.That(monitor.IsClosed, Is.True);
    }

    [Test]
    public void Bad_rules_and_flags_leave_the_peer_as_it_was()
    {
        FakePeer peer = Broker.Connect();
        peer.AddMatch("member='Mine'");
        Assert.That(Ask(peer, ["not a rule"], 0).ErrorName, Is.EqualTo(ErrorNames.MatchRuleInvalid));
        Assert.That(Ask(peer, ["type='signal'", "not a rule"], 0).ErrorName, Is.EqualTo(ErrorNames.MatchRuleInvalid));
        Assert.That(Ask(peer, [], 1).ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));

        Broker.Connect().Emit("Mine");
        Assert.That(peer.Hear(), Is.EqualTo(["Mine()"]));
    }

    [Test]
    public void A_monitor_has_no_more_rules_than_another_peer()
    {
        Limit(limits => limits with { MaxMatchRulesPerConnection = 2 });
        FakePeer peer = Broker.Connect();

        Assert.That(Ask(peer, ["arg0='a'", "arg0='b'", "arg0='c'"], 0).ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
        Assert.That(Ask(peer, ["arg0='a'", "arg0='b'"], 0).ErrorName, Is.Null);
    }

    [TestCase(0u)]
    [TestCase(InMemoryBroker.OwnUser)]
    public void Root_and_the_user_of_the_bus_may_monitor(uint user) => Assert.That(Ask(Broker.Connect(user), [], 0).ErrorName, Is.Null);

    [Test]
    public void The_same_rule_may_be_given_twice_and_all_end_well()
    {
        FakePeer peer = Broker.Connect();
        BecomeMonitor(peer, "type='signal'", "type='signal'");
        peer.Close();

        Assert.That(Broker.Bus.Monitors.Rules.IsEmpty, Is.True);
    }
}
