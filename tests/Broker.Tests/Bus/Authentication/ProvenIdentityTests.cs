using System.Text;
using XcpBroker.Auth;
using XcpBroker.Auth.Policy;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Authentication;

/// <summary>Peers of which the kernel knows nothing, as behind TCP: who the bus believes they are.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ProvenIdentityTests
{
    private const string Challenge = "00112233445566778899aabbccddeeff";
    private const string Unknown = "org.freedesktop.DBus.Error.Failed";
    private static readonly Cookie Known = new(7, 1_700_000_000, "abcdef");

    private readonly SlowKeyring _keyring = new();

    [Test]
    public void Who_has_proved_to_be_the_bus_own_user_by_cookie_is_that_user_for_everyone()
    {
        using InMemoryBroker broker = Broker();
        FakePeer peer = ConnectByCookie(broker);

        Assert.That(peer.AskWell("GetConnectionUnixUser", peer.UniqueName).Number(), Is.EqualTo(InMemoryBroker.OwnUser));
        Assert.That(peer.Ask("GetConnectionUnixProcessID", peer.UniqueName).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.UnixProcessIdUnknown"));
        Assert.That(broker.Bus.Connections.Single().Account.Payer.UserId, Is.EqualTo(InMemoryBroker.OwnUser));
    }

    [Test]
    public void Who_is_nobody_has_no_user_never_uid_0()
    {
        using InMemoryBroker broker = Broker(allowsAnonymous: true);
        FakePeer peer = broker.Accept(PeerCredentials.Unknown);
        peer.SendRaw("\0AUTH ANONYMOUS\r\nDATA\r\nBEGIN\r\n"u8);
        _ = peer.ReceiveRaw();
        peer.Hello();

        Assert.That(peer.Ask("GetConnectionUnixUser", peer.UniqueName).ErrorName, Is.EqualTo(Unknown));
        Assert.That(peer.Ask("BecomeMonitor", Array.Empty<string>(), 0u).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.UnknownMethod").Or.Contains("AccessDenied"));
        Assert.That(broker.Bus.Connections.Single().Account.Payer.UserId, Is.Null);
    }

    [Test]
    public void Nobody_is_let_in_to_BEGIN_and_no_further_where_it_is_not_allowed()
    {
        using InMemoryBroker broker = Broker();
        FakePeer peer = broker.Accept(PeerCredentials.Unknown);
        peer.SendRaw("\0AUTH ANONYMOUS\r\nDATA\r\nBEGIN\r\n"u8);

        Assert.That(Encoding.ASCII.GetString(peer.ReceiveRaw()), Is.EqualTo($"DATA\r\nOK {InMemoryBroker.ListenerGuid}\r\n"));
        Assert.That(peer.IsClosed, Is.True);
        Assert.That(broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("ConnectNotAllowed (ANONYMOUS, without <allow_anonymous/>)"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void A_rule_for_everyone_holds_for_nobody_too(bool isAllowed)
    {
        ConnectRule rule = new(isAllowed, new PolicySource("test", 1), null, null);
        PolicySet open = PolicySet.OpenToOwnUser();
        PolicySet policy = new([.. open.Entries, new PolicyEntry(PolicyContext.Default, rule)], isStrict: true);
        using InMemoryBroker broker = Broker(allowsAnonymous: true, policy);
        FakePeer peer = broker.Accept(PeerCredentials.Unknown);
        peer.SendRaw("\0AUTH ANONYMOUS\r\nDATA\r\nBEGIN\r\n"u8);
        _ = peer.ReceiveRaw();

        Assert.That(peer.IsClosed, Is.Not.EqualTo(isAllowed));
    }

    [Test]
    public void EXTERNAL_lets_nobody_in_whom_the_kernel_does_not_know()
    {
        using InMemoryBroker broker = Broker();
        FakePeer peer = broker.Accept(PeerCredentials.Unknown);
        peer.SendRaw("\0AUTH EXTERNAL\r\nDATA\r\n"u8);

        Assert.That(Encoding.ASCII.GetString(peer.ReceiveRaw()), Is.EqualTo("DATA\r\nREJECTED EXTERNAL DBUS_COOKIE_SHA1 ANONYMOUS\r\n"));
    }

    [Test]
    public void A_slow_keyring_holds_up_its_own_client_alone()
    {
        using InMemoryBroker broker = Broker();
        FakePeer waiting = BeginCookie(broker);
        FakePeer other = broker.Connect();

        Assert.That(other.AskWell("GetId").FirstString, Is.EqualTo(InMemoryBroker.Id));
        Assert.That(waiting.ReceiveRaw(), Is.Empty);
    }

    [Test]
    public void What_a_client_said_meanwhile_is_taken_afterwards()
    {
        using InMemoryBroker broker = Broker();
        FakePeer peer = BeginCookie(broker, "CANCEL\r\nAUTH EXTERNAL\r\n");
        peer.SendRaw("CANCEL\r\n"u8);
        Assert.That(peer.ReceiveRaw(), Is.Empty);
        _keyring.Answer(Known);
        broker.Run();

        string rejected = "REJECTED EXTERNAL DBUS_COOKIE_SHA1 ANONYMOUS\r\n";
        Assert.That(Encoding.ASCII.GetString(peer.ReceiveRaw()), Does.Match($"^DATA [0-9a-f]+\r\n{rejected}DATA\r\n{rejected}$"));
    }

    [Test]
    public void The_time_to_authenticate_goes_on_while_the_keyring_is_asked_and_its_answer_comes_too_late()
    {
        using InMemoryBroker broker = Broker();
        FakePeer peer = BeginCookie(broker);
        broker.Pass(TimeSpan.FromSeconds(31));
        Assert.That((peer.ReceiveRaw().Length, peer.IsClosed), Is.EqualTo((0, true)));

        _keyring.Answer(Known);
        broker.Run();

        Assert.That(broker.Leftovers(), Is.Empty);
    }

    [Test]
    public void A_client_that_has_gone_meanwhile_leaves_nothing_behind()
    {
        using InMemoryBroker broker = Broker();
        FakePeer peer = BeginCookie(broker, "CANCEL\r\n");
        peer.Close();
        Assert.That(broker.Leftovers(), Is.Empty);

        _keyring.Answer(Known);
        broker.Run();

        Assert.That(broker.Leftovers(), Is.Empty);
        Assert.That(broker.Bus.Counters.InputsLost, Is.Zero);
    }

    [Test]
    public void What_was_charged_before_the_user_was_known_is_given_back()
    {
        using InMemoryBroker broker = Broker();
        FakePeer peer = broker.Accept(PeerCredentials.Unknown);
        foreach (byte octet in Encoding.ASCII.GetBytes($"\0AUTH DBUS_COOKIE_SHA1 {Hex("1000")}\r\n"))
        {
            peer.SendRaw([octet]);
        }

        _keyring.Answer(Known);
        broker.Run();
        Prove(peer);
        peer.Hello();
        peer.Close();

        Assert.That(broker.Leftovers(), Is.Empty);
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));

    private static void Prove(FakePeer peer)
    {
        _ = peer.ReceiveRaw();
        byte[] hash = System.Security.Cryptography.SHA1.HashData(Encoding.ASCII.GetBytes($"{Challenge}:x:{Known.Secret}"));
        peer.SendRaw(Encoding.ASCII.GetBytes($"DATA {Hex($"x {Convert.ToHexStringLower(hash)}")}\r\nBEGIN\r\n"));
        Assert.That(Encoding.ASCII.GetString(peer.ReceiveRaw()), Does.StartWith("OK "));
    }

    private InMemoryBroker Broker(bool allowsAnonymous = false, PolicySet? policy = null)
    {
        SaslMechanisms all = new(new ExternalMechanism(), new CookieSha1Mechanism(_keyring), new AnonymousMechanism());
        return new InMemoryBroker(policy: policy, terms: new SaslTerms(InMemoryBroker.ListenerGuid, all) { AllowsAnonymous = allowsAnonymous });
    }

    private static FakePeer BeginCookie(InMemoryBroker broker, string more = "")
    {
        FakePeer peer = broker.Accept(PeerCredentials.Unknown);
        peer.SendRaw(Encoding.ASCII.GetBytes($"\0AUTH DBUS_COOKIE_SHA1 {Hex("1000")}\r\n{more}"));
        return peer;
    }

    private FakePeer ConnectByCookie(InMemoryBroker broker)
    {
        FakePeer peer = BeginCookie(broker);
        _keyring.Answer(Known);
        broker.Run();
        Prove(peer);
        peer.Hello();
        return peer;
    }

    /// <summary>Answers when the test says so, as a lock file or a directory server may.</summary>
    private sealed class SlowKeyring : ICookieSource
    {
        private Action<CookieOffer?>? _found;

        public void Find(string user, Action<CookieOffer?> found) => _found = found;

        internal void Answer(Cookie cookie) =>
            _found!(new CookieOffer("org_freedesktop_general", cookie, Challenge, InMemoryBroker.OwnUser, [InMemoryBroker.OwnUser]));
    }
}
