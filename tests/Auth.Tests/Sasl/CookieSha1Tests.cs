using System.Globalization;
using System.Text;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.CookieSha1;

namespace XcpBroker.Auth.Tests.Sasl;

/// <summary>The conversation of DBUS_COOKIE_SHA1, with a keyring that answers when the test says so.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class CookieSha1Tests
{
    private const uint OwnUser = 1000;
    private const string Challenge = "00112233445566778899aabbccddeeff";
    private static readonly Cookie Known = new(7, 1_700_000_000, "abcdef0123456789abcdef0123456789abcdef0123456789");

    private readonly FakeKeyring _keyring = new();
    private readonly SaslServer _server;
    private readonly SaslTalk _talk;

    public CookieSha1Tests()
    {
        SaslTerms terms = new(SaslTalk.Guid, new SaslMechanisms(new ExternalMechanism(), new CookieSha1Mechanism(_keyring)));
        _server = new SaslServer(new PeerCredentials { ProcessId = 5 }, terms, canPassFds: false);
        _talk = new SaslTalk(_server);
    }

    [TestCase("31303030")] // 1000
    [TestCase("726f6f74")] // root, which the keyring may know as a name of its user
    public void A_user_that_the_keyring_knows_is_challenged_with_its_context_number_and_digits(string user)
    {
        _talk.Say($"\0AUTH DBUS_COOKIE_SHA1 {user}");
        Assert.That((_talk.Outcome, _talk.Heard), Is.EqualTo((SaslOutcome.Waiting, "")));

        _talk.Resume(() => _keyring.Answer(Known));

        Assert.That(_talk.Heard, Is.EqualTo($"DATA {Hex($"org_freedesktop_general 7 {Challenge}")}\r\n"));
        Assert.That(_talk.Outcome, Is.EqualTo(SaslOutcome.NeedMoreData));
    }

    [Test]
    public void Who_knows_the_cookie_is_its_user()
    {
        Begin();
        _talk.Say($"DATA {Hex("client " + Proof("client"))}");
        _talk.Say("NEGOTIATE_UNIX_FD");
        _talk.Say("BEGIN");

        Assert.That(_talk.Heard, Does.EndWith("OK {guid}\r\nERROR \"Unix FD passing not supported, not authenticated or otherwise not possible\"\r\n"));
        Assert.That(_talk.Outcome, Is.EqualTo(SaslOutcome.Authenticated));
        Assert.That((_server.Identity.UserId, _server.Identity.ProcessId, _server.Identity.IsAnonymous), Is.EqualTo(((uint?)OwnUser, (int?)5, false)));
        Assert.That(_server.Identity.GroupIds, Is.EqualTo(new uint[] { 4, OwnUser }));
    }

    [Test]
    public void Until_BEGIN_the_client_is_who_the_kernel_says()
    {
        Begin();
        _talk.Say($"DATA {Hex("client " + Proof("client"))}");

        Assert.That(_server.Identity.UserId, Is.Null);
    }

    /// <remarks>By hand: printf '%s' "$Challenge:client:$secret" | sha1sum.</remarks>
    [Test]
    public void The_proof_is_the_SHA_1_of_both_challenges_and_the_secret() => Assert.That(
        Encoding.ASCII.GetString(CookieSha1Mechanism.Proof(Challenge, "client"u8, Known.Secret)),
        Is.EqualTo("103ea099437035626b1fbc555878cd1b22fcac53"));

    [TestCase("client {proof of other}")]
    [TestCase("client {PROOF}")]
    [TestCase("client {proof}0")]
    [TestCase("client {proof} ")]
    [TestCase("client ")]
    [TestCase("client")]
    [TestCase(" {proof of }")]
    [TestCase("{proof}")]
    public void Any_other_answer_is_rejected(string answer)
    {
        Begin();
        _talk.Say($"DATA {Hex(answer
            .Replace("{proof}", Proof("client"), StringComparison.Ordinal)
            .Replace("{PROOF}", Proof("client").ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("{proof of }", Proof(""), StringComparison.Ordinal)
            .Replace("{proof of other}", Proof("other"), StringComparison.Ordinal))}");

        Assert.That(_talk.Heard, Does.EndWith("\r\nREJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n"));
    }

    [Test]
    public void No_answer_at_all_is_rejected()
    {
        Begin();
        _talk.Say("DATA");

        Assert.That(_talk.Heard, Does.EndWith("\r\nREJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n"));
    }

    [Test]
    public void A_user_that_the_keyring_does_not_know_is_rejected()
    {
        _talk.Say("\0AUTH DBUS_COOKIE_SHA1 31");
        _talk.Resume(() => _keyring.Answer(null));

        Assert.That(_talk.Heard, Is.EqualTo("REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n"));
    }

    [TestCase("\0AUTH DBUS_COOKIE_SHA1\r\nDATA", "DATA\r\nREJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n")]
    [TestCase("\0AUTH DBUS_COOKIE_SHA1 ff", "REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n")]
    [TestCase("\0AUTH DBUS_COOKIE_SHA1 3000", "REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n")]
    public void What_can_be_no_users_name_is_rejected_without_a_look_at_the_keyring(string said, string heard)
    {
        _talk.Say(said);

        Assert.That((_talk.Heard, _keyring.Asked), Is.EqualTo((heard, 0)));
    }

    [Test]
    public void A_name_of_257_bytes_is_rejected_without_a_look_at_the_keyring()
    {
        _talk.Say($"\0AUTH DBUS_COOKIE_SHA1 {string.Concat(Enumerable.Repeat("61", 257))}");

        Assert.That((_talk.Heard, _keyring.Asked), Is.EqualTo(("REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n", 0)));
    }

    [Test]
    public void What_is_said_meanwhile_waits()
    {
        _talk.Say("\0AUTH DBUS_COOKIE_SHA1 31303030\r\nCANCEL");
        Assert.That((_talk.Outcome, _talk.Heard, _talk.Pending), Is.EqualTo((SaslOutcome.Waiting, "", "CANCEL\r\n"u8.ToArray())));

        _talk.Resume(() => _keyring.Answer(Known));
        _talk.Say([]);

        Assert.That(_talk.Heard, Does.EndWith("\r\nREJECTED EXTERNAL DBUS_COOKIE_SHA1\r\n"));
    }

    [Test]
    public void A_second_try_gets_a_cookie_anew()
    {
        Begin();
        _talk.Say("CANCEL");
        Begin();

        Assert.That(_keyring.Asked, Is.EqualTo(2));
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));

    private static string Proof(string client) =>
        Encoding.ASCII.GetString(CookieSha1Mechanism.Proof(Challenge, Encoding.ASCII.GetBytes(client), Known.Secret));

    private void Begin()
    {
        _talk.Say(string.Create(CultureInfo.InvariantCulture, $"{(_keyring.Asked == 0 ? "\0" : "")}AUTH DBUS_COOKIE_SHA1 31303030"));
        _talk.Resume(() => _keyring.Answer(Known));
    }

    private sealed class FakeKeyring : ICookieSource
    {
        private Action<CookieOffer?>? _found;

        internal int Asked { get; private set; }

        public void Find(string user, Action<CookieOffer?> found)
        {
            Asked++;
            _found = found;
        }

        internal void Answer(Cookie? cookie) =>
            _found!(cookie is { } known ? new CookieOffer("org_freedesktop_general", known, Challenge, OwnUser, [4, OwnUser]) : null);
    }
}
