using System.Net;
using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>For a domain there is what it has to do with, and nothing else, whichever way it asks.</summary>
internal sealed class VisibilityTests : DomainFixture
{
    private const string A = "org.example.A";
    private const string B = "org.example.B";
    private const string Nobodys = "org.example.Nobodys";
    private const string Bus = "org.freedesktop.DBus";
    private const string MaySendToA = "<policy domain='nfs'><allow send_destination='org.example.A'/></policy>";

    // Whatever may be said to everybody, or heard from everybody, is no reason to see everybody.
    private const string Harmless = """
        <policy domain="*">
          <allow receive_type="signal"/><allow receive_type="method_call"/><allow send_type="signal" send_broadcast="true"/>
        </policy>
        """;

    [TestCase("<allow send_destination='org.example.A'/>")]
    [TestCase("<allow send_destination='org.example.A' send_interface='a.b' send_member='C'/>")]
    [TestCase("<allow send_destination_prefix='org.example.A'/>")]
    [TestCase("<allow receive_sender='org.example.A' receive_type='signal'/>")]
    [TestCase("<allow own='org.example.A'/>")]
    [TestCase("<allow own_prefix='org.example.A'/>")]
    public void A_domain_sees_a_name_that_it_may_send_to_receive_from_or_own_and_its_owner(string rule)
    {
        Rules($"{Harmless}<policy domain='nfs'>{rule}</policy>");
        FakePeer a = Owner(A);
        FakePeer b = Owner(B);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(Names(nfs), Is.EquivalentTo([Bus, nfs.UniqueName, a.UniqueName, A]));
        Assert.That(nfs.AskWell("GetNameOwner", A).FirstString, Is.EqualTo(a.UniqueName));
        Assert.That(Names(a), Is.SupersetOf([A, B, a.UniqueName, b.UniqueName, nfs.UniqueName]), "the host sees everything");
    }

    [TestCase("<deny send_destination='org.example.A'/>")]
    [TestCase("<deny send_type='method_call'/><deny send_type='signal'/><allow send_destination='org.freedesktop.DBus'/>")]
    [TestCase("<allow send_destination='org.example.A' send_type='method_return'/><deny send_destination='org.example.A'/>")]
    public void What_one_rule_allows_a_later_one_takes_back(string rules)
    {
        Rules($"<policy domain='nfs'><allow send_destination='org.example.A'/>{rules}</policy>");
        Owner(A);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(Names(nfs), Is.EquivalentTo([Bus, nfs.UniqueName]));
    }

    [Test]
    public void Of_an_owner_that_has_a_name_it_may_own_it_sees_no_other_name()
    {
        Rules("<policy domain='nfs'><allow own='org.example.A'/></policy>");
        FakePeer both = Owner(A);
        both.RequestName(B);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(Names(nfs), Is.EquivalentTo([Bus, nfs.UniqueName, both.UniqueName, A]));
        Assert.That(nfs.AskWell("NameHasOwner", B).Number(), Is.Zero);
    }

    // A message to any of its names is a message to whoever has all of them: so the policy judges it.
    [Test]
    public void Of_an_owner_that_it_may_send_to_it_sees_all_names()
    {
        Rules(MaySendToA);
        FakePeer both = Owner(A);
        both.RequestName(B);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(Names(nfs), Is.EquivalentTo([Bus, nfs.UniqueName, both.UniqueName, A, B]));
    }

    [TestCase("GetNameOwner")]
    [TestCase("NameHasOwner")]
    [TestCase("ListQueuedOwners")]
    [TestCase("GetConnectionUnixUser")]
    [TestCase("GetConnectionUnixProcessID")]
    [TestCase("GetConnectionCredentials")]
    [TestCase("GetAdtAuditSessionData")]
    [TestCase("GetConnectionSELinuxSecurityContext")]
    [TestCase("StartServiceByName", 0u)]
    [TestCase("ReleaseName")]
    [TestCase("RequestName", 0u)]
    [TestCase("RequestName", 4u)]
    public void What_it_does_not_see_answers_as_what_is_not_there(string method, params object[] more)
    {
        Rules(MaySendToA);
        FakePeer b = Owner(B);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(Answer(nfs, method, B, more), Is.EqualTo(Answer(nfs, method, Nobodys, more)));
        Assert.That(Answer(nfs, method, b.UniqueName, more), Is.EqualTo(Answer(nfs, method, ":1.4711", more)));
    }

    [TestCase(MessageFlags.None)]
    [TestCase(MessageFlags.NoAutoStart)]
    public void A_call_that_the_policy_refuses_tells_nothing_of_whether_there_is_somebody(MessageFlags flags)
    {
        Rules(MaySendToA);
        FakePeer b = Owner(B);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(Call(nfs, B, flags), Is.EqualTo(Call(nfs, Nobodys, flags)).And.Not.Contains("AccessDenied"));
        Assert.That(Call(nfs, b.UniqueName, flags), Is.EqualTo(Call(nfs, ":1.4711", flags)));
        Assert.That(b.Hear(), Is.Empty);
    }

    [Test]
    public void A_call_to_a_name_that_it_sees_and_that_the_policy_refuses_is_denied()
    {
        Rules("<policy domain='nfs'><allow send_destination='org.example.A' send_interface='a.b' send_member='Other'/></policy>");
        Owner(A);

        Assert.That(Call(Broker.ConnectFromDomain("nfs"), A), Does.Contain("AccessDenied"));
    }

    [Test]
    public void Who_sends_it_something_appears_before_what_it_sends()
    {
        Rules(Harmless);
        FakePeer host = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer web = Broker.ConnectFromDomain("web");
        nfs.AddMatch(NameChanges);
        web.AddMatch(NameChanges);
        Assert.That(nfs.AskWell("NameHasOwner", host.UniqueName).Number(), Is.Zero);
        uint call = host.CallPeer(nfs.UniqueName, "Do");
        host.CallPeer(nfs.UniqueName, "Again");

        Assert.That(nfs.Hear(), Is.EqualTo([$"NameOwnerChanged({host.UniqueName},,{host.UniqueName})", $"call {call} Do()", $"call {call + 1} Again()"]));
        Assert.That(nfs.AskWell("GetConnectionUnixUser", host.UniqueName).Number(), Is.EqualTo(InMemoryBroker.OwnUser));
        Assert.That(web.Hear(), Is.Empty);
        host.Close();
        Assert.That(nfs.Hear(), Has.One.EqualTo($"NameOwnerChanged({host.UniqueName},{host.UniqueName},)"));
        Assert.That(web.Hear(), Is.Empty);
    }

    [Test]
    public void Who_has_met_one_peer_of_a_domain_has_met_the_domain_and_its_other_names_stay_hidden()
    {
        Rules(Harmless);
        FakePeer b = Owner(B);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer second = Broker.ConnectFromDomain("nfs");
        b.CallPeer(nfs.UniqueName, "Do");

        Assert.That(Names(second), Is.EquivalentTo([Bus, second.UniqueName, b.UniqueName]));
        Assert.That(second.AskWell("NameHasOwner", B).Number(), Is.Zero);
    }

    [Test]
    public void A_signal_for_all_shows_its_sender_to_who_gets_it_and_no_receiver_to_its_sender()
    {
        Rules(Harmless);
        FakePeer host = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer deaf = Broker.ConnectFromDomain("web");
        nfs.AddMatch(NameChanges);
        nfs.AddMatch("type='signal',interface='org.example.Interface'");
        host.AddMatch("type='signal',interface='org.example.Interface'");
        nfs.Emit("Mine");
        Assert.That(host.Hear(), Is.EqualTo(["Mine()"]));
        Assert.That(nfs.Hear(), Has.None.Contains("NameOwnerChanged"));
        host.Emit("Theirs");

        Assert.That(nfs.Hear(), Is.EqualTo([$"NameOwnerChanged({host.UniqueName},,{host.UniqueName})", "Theirs()"]));
        Assert.That(Names(deaf), Does.Not.Contain(host.UniqueName));
    }

    [Test]
    public void A_name_that_it_sees_brings_its_owner_and_takes_it_away_again()
    {
        Rules(MaySendToA);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        nfs.AddMatch(NameChanges);
        FakePeer host = Owner(B);
        Assert.That(nfs.Hear(), Is.Empty);
        host.RequestName(A);
        string unique = host.UniqueName;
        Assert.That(nfs.Hear(), Is.EqualTo(
            [$"NameOwnerChanged({unique},,{unique})", $"NameOwnerChanged({B},,{unique})", $"NameOwnerChanged({A},,{unique})"]));
        host.AskWell("ReleaseName", A);

        Assert.That(nfs.Hear(), Is.EqualTo(
            [$"NameOwnerChanged({A},{unique},)", $"NameOwnerChanged({B},{unique},)", $"NameOwnerChanged({unique},{unique},)"]));
        Assert.That(Names(nfs), Is.EquivalentTo([Bus, nfs.UniqueName]));
    }

    // Policies go by the names that a peer waits for, too.
    [Test]
    public void Who_waits_for_a_name_that_it_sees_is_seen()
    {
        Rules(MaySendToA);
        FakePeer owner = Owner(A);
        FakePeer waiting = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        nfs.AddMatch(NameChanges);
        waiting.RequestName(A);
        Assert.That(nfs.Hear(), Is.EqualTo([$"NameOwnerChanged({waiting.UniqueName},,{waiting.UniqueName})"]));
        Assert.That(nfs.AskWell("ListQueuedOwners", A).Strings(), Is.EqualTo([owner.UniqueName, waiting.UniqueName]));
        waiting.AskWell("ReleaseName", A);

        Assert.That(nfs.Hear(), Is.EqualTo([$"NameOwnerChanged({waiting.UniqueName},{waiting.UniqueName},)"]));
    }

    [Test]
    public void Who_merely_waits_for_a_name_that_a_domain_may_own_is_not_seen()
    {
        Rules("<policy domain='nfs'><allow own='org.example.A'/></policy>");
        FakePeer owner = Owner(A);
        FakePeer waiting = Broker.Connect();
        waiting.RequestName(A);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");

        Assert.That(nfs.AskWell("ListQueuedOwners", A).Strings(), Is.EqualTo([owner.UniqueName]));
        Assert.That(nfs.AskWell("NameHasOwner", waiting.UniqueName).Number(), Is.Zero);
        Assert.That(nfs.RequestName(A), Is.EqualTo(2), "it waits behind it all the same");
        owner.Close();
        Assert.That(nfs.AskWell("GetNameOwner", A).FirstString, Is.EqualTo(waiting.UniqueName));
    }

    [Test]
    public void Of_a_name_that_passes_between_what_it_sees_and_what_it_does_not_it_hears_half()
    {
        Rules("<policy domain='web'><allow own='*'/></policy><policy domain='nfs'><allow send_destination='org.example.A' send_domain='web'/></policy>");
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        nfs.AddMatch(NameChanges);
        FakePeer web = Broker.ConnectFromDomain("web");
        web.RequestName(A);
        string seen = web.UniqueName;
        Assert.That(nfs.Hear(), Is.EqualTo([$"NameOwnerChanged({seen},,{seen})", $"NameOwnerChanged({A},,{seen})"]));
        Broker.Connect().RequestName(A);
        Assert.That(nfs.Hear(), Is.Empty);
        web.Close();

        Assert.That(nfs.Hear(), Is.EqualTo([$"NameOwnerChanged({A},{seen},)", $"NameOwnerChanged({seen},{seen},)"]));
        Assert.That(nfs.AskWell("NameHasOwner", A).Number(), Is.Zero);
        Assert.That(Answer(nfs, "StartServiceByName", A, [0u]), Is.EqualTo(Answer(nfs, "StartServiceByName", Nobodys, [0u])));
    }

    [Test]
    public void A_reload_shows_and_hides_what_the_new_rules_say_but_who_has_met_stays()
    {
        Rules(Harmless + MaySendToA);
        FakePeer a = Owner(A);
        FakePeer b = Owner(B);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        nfs.AddMatch(NameChanges);
        a.CallPeer(nfs.UniqueName, "Do");
        _ = nfs.Hear();
        Reload(Domains, Harmless + MaySendToA.Replace(A, B, StringComparison.Ordinal));

        Assert.That(nfs.Hear().Where(told => told.StartsWith("NameOwnerChanged", StringComparison.Ordinal)), Is.EquivalentTo(
            [$"NameOwnerChanged({A},{a.UniqueName},)", $"NameOwnerChanged({b.UniqueName},,{b.UniqueName})", $"NameOwnerChanged({B},,{b.UniqueName})"]));
        Assert.That(Names(nfs), Is.EquivalentTo([Bus, nfs.UniqueName, a.UniqueName, b.UniqueName, B]));
    }

    [Test]
    public void Whoever_takes_the_place_of_a_peer_that_it_had_met_is_a_stranger()
    {
        Rules(Harmless);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer host = Broker.Connect();
        host.CallPeer(nfs.UniqueName, "Do");
        host.Close();
        FakePeer next = Broker.Connect();

        Assert.That(nfs.AskWell("NameHasOwner", next.UniqueName).Number(), Is.Zero);
    }

    [Test]
    public void A_domain_that_comes_again_has_met_nobody()
    {
        Rules(Harmless);
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer host = Broker.Connect();
        host.CallPeer(nfs.UniqueName, "Do");
        nfs.Close();

        Assert.That(Broker.ConnectFromDomain("nfs").AskWell("NameHasOwner", host.UniqueName).Number(), Is.Zero);
    }

    [Test]
    public void Peers_of_unknown_domains_share_nothing()
    {
        Rules("""
            <policy domain="@unknown">
              <allow send_destination="org.freedesktop.DBus"/><allow receive_sender="org.freedesktop.DBus"/><allow receive_type="method_call"/>
            </policy>
            """);
        FakePeer host = Broker.Connect();
        FakePeer one = Unknown();
        FakePeer other = Unknown();
        host.CallPeer(one.UniqueName, "Do");

        Assert.That(Names(one), Is.EquivalentTo([Bus, one.UniqueName, host.UniqueName]));
        Assert.That(Names(other), Is.EquivalentTo([Bus, other.UniqueName]));
    }

    private static string Answer(FakePeer peer, string method, string name, object[] more) =>
        peer.Ask(method, [name, .. more]).TellAll().Replace(name, "NAME", StringComparison.Ordinal);

    private static string Call(FakePeer peer, string name, MessageFlags flags = MessageFlags.None) => peer.ReceiveReply(peer.Send(
        new MessageFields { Type = MessageType.MethodCall, Destination = name, Path = "/a", Member = "Do", Flags = flags }))
        .TellAll().Replace(name, "NAME", StringComparison.Ordinal);

    private static IReadOnlyList<string> Names(FakePeer peer) => peer.AskWell("ListNames").Strings();

    private FakePeer Owner(string name)
    {
        FakePeer owner = Broker.Connect();
        owner.RequestName(name);
        return owner;
    }

    private FakePeer Unknown()
    {
        SaslTerms terms = new(InMemoryBroker.ListenerGuid, new SaslMechanisms(new AnonymousMechanism())) { AllowsAnonymous = true };
        FakePeer peer = Broker.Accept(PeerAddress.OfTcp(IPAddress.Parse("10.0.0.3")), terms);
        peer.SendRaw("\0AUTH ANONYMOUS 61\r\nBEGIN\r\n"u8);
        _ = peer.ReceiveRaw();
        peer.Hello();
        return peer;
    }
}

/// <summary>All that an answer says: kind, error and arguments, without the serial of its call.</summary>
internal static class WholeAnswer
{
    internal static string TellAll(this PeerMessage answer) => $"{answer.Type} {answer.ErrorName} {answer.Signature} {answer.ArgumentsText()}";
}
