using System.Net;
using System.Text;
using XcpBroker.Auth.Domains;
using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Auth.Sasl.XcpToken;
using Cookie = XcpBroker.Auth.Sasl.CookieSha1.Cookie;

namespace XcpBroker.Auth.Tests.Sasl;

/// <summary>DBUS_COOKIE_SHA1 by which clients of a domain prove it: the domain's address says only which cookie they are asked for.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DomainCookieTests : IDomainCookies, ITokenFailures
{
    private const string Secret = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    private const string Challenge = "07070707070707070707070707070707";
    private static readonly PeerAddress Known = PeerAddress.OfTcp(IPAddress.Parse("10.0.0.1"));
    private static readonly PeerAddress Other = PeerAddress.OfTcp(IPAddress.Parse("10.0.0.2"));
    private static readonly DomainIdentity Nfs = new("nfs");
    private static readonly Cookie Cookie = DomainCookie.Make("nfs", Encoding.ASCII.GetBytes(Secret), 0);

    private readonly List<(string? Domain, Action Reject)> _failures = [];

    public DomainSecret? Find(PeerAddress address) => address.Equals(Known) ? new DomainSecret(Nfs, Encoding.ASCII.GetBytes(Secret)) : null;

    public void Delay(string? domain, Action reject) => _failures.Add((domain, reject));

    // Whoever it is there: root, a name, a number.
    [TestCase("root")]
    [TestCase("0")]
    [TestCase("daemon")]
    public void Who_comes_from_the_address_of_a_domain_and_knows_its_cookie_is_that_domain_and_no_user(string user)
    {
        SaslTalk talk = Begin(Known, out SaslServer server);
        talk.Say($"\0AUTH DBUS_COOKIE_SHA1 {Hex(user)}");
        Assert.That(talk.Heard, Is.EqualTo($"DATA {Hex($"org_xen_xcp {Cookie.Id} {Challenge}")}\r\n"));
        talk.Say($"DATA {Hex("client " + Proof(Cookie.Secret))}");
        talk.Say("BEGIN");

        Assert.That(talk.Outcome, Is.EqualTo(SaslOutcome.Authenticated));
        Assert.That(server.Identity, Is.EqualTo(new PeerCredentials { Domain = Nfs }));
    }

    [Test]
    public void A_wrong_answer_is_told_late_and_counts_against_the_domain_that_it_was_about()
    {
        SaslTalk talk = Begin(Known, out _);
        talk.Say($"\0AUTH DBUS_COOKIE_SHA1 {Hex("root")}");
        talk.Say($"DATA {Hex("client " + Proof(Secret))}");
        Assert.That(talk.Outcome, Is.EqualTo(SaslOutcome.Waiting));
        Assert.That(_failures, Is.Empty);
        talk.Resume(() =>
        {
            Assert.That(_failures.Single().Domain, Is.EqualTo("nfs"));
            _failures[0].Reject();
        });

        Assert.That(talk.Heard, Does.EndWith("REJECTED DBUS_COOKIE_SHA1\r\n"));
    }

    [Test]
    public void From_elsewhere_it_is_the_cookie_of_the_buss_user_that_is_asked_for()
    {
        SaslTalk talk = Begin(Other, out _);
        talk.Say($"\0AUTH DBUS_COOKIE_SHA1 {Hex("root")}");

        Assert.That((talk.Outcome, talk.Heard), Is.EqualTo((SaslOutcome.Waiting, "")));
    }

    [Test]
    public void The_cookie_is_hex_digits_that_say_nothing_of_the_secret_and_another_one_for_another_secret_or_name()
    {
        Assert.That(Cookie.Secret, Does.Match("^[0-9a-f]{64}$").And.Not.EqualTo(Secret));
        Assert.That(DomainCookie.Make("web", Encoding.ASCII.GetBytes(Secret), 0).Secret, Is.Not.EqualTo(Cookie.Secret));
        Cookie another = DomainCookie.Make("nfs", Encoding.ASCII.GetBytes(Secret.Replace('0', '1')), 0);
        Assert.That((another.Secret, another.Id), Is.Not.EqualTo((Cookie.Secret, Cookie.Id)));
        Assert.That(Cookie.Id, Is.LessThanOrEqualTo(int.MaxValue));
        Assert.That(KeyringFile.Parse(KeyringFile.Format([Cookie])), Is.EqualTo(new[] { Cookie }));
    }

    private static string Proof(string secret) => $"{Encoding.ASCII.GetString(CookieSha1Mechanism.Proof(Challenge, "client"u8, secret))}";

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));

    private SaslTalk Begin(PeerAddress address, out SaslServer server)
    {
        CookieSha1Mechanism mechanism = new(new NoKeyring())
        {
            Domains = new DomainCookieTerms(this, this, count => [.. Enumerable.Repeat((byte)7, count)]),
        };
        server = new SaslServer(new PeerCredentials { Domain = DomainIdentity.Unknown }, new SaslTerms(SaslTalk.Guid, new SaslMechanisms(mechanism)), canPassFds: false, address);
        return new SaslTalk(server);
    }

    private sealed class NoKeyring : ICookieSource
    {
        public void Find(string user, Action<CookieOffer?> found)
        {
        }
    }
}
