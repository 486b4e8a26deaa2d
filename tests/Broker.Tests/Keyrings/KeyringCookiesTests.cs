using Microsoft.Extensions.Time.Testing;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Interop;
using XcpBroker.Keyrings;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Keyrings;

/// <summary>Who is looked for, where the work is done, and what is logged.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class KeyringCookiesTests : IDisposable
{
    private static readonly uint OwnUser = LibC.GetEffectiveUserId();

    private readonly FakeOwner _owner = new(Directory.CreateTempSubdirectory("xcp-keyring-").FullName);
    private readonly Queue<Action> _elsewhere = new();
    private readonly Queue<Action> _onLoop = new();
    private readonly List<CookieOffer?> _found = [];
    private readonly ListLogger _log = new();
    private readonly KeyringCookies _cookies;

    public KeyringCookiesTests()
    {
        Keyring keyring = new(_owner, new FakeTimeProvider(), _ => { });
        _cookies = new KeyringCookies(keyring, _owner, _elsewhere.Enqueue, _onLoop.Enqueue, _log);
    }

    public void Dispose() => Directory.Delete(_owner.Directory, recursive: true);

    [Test]
    public void It_looks_elsewhere_and_answers_on_the_loop()
    {
        _cookies.Find($"{OwnUser}", _found.Add);
        Assert.That((_elsewhere.Count, _onLoop.Count, _found.Count), Is.EqualTo((1, 0, 0)));

        _elsewhere.Dequeue()();
        Assert.That((_onLoop.Count, _found.Count), Is.EqualTo((1, 0)));

        _onLoop.Dequeue()();
        Assert.That(_found.Single()!.UserId, Is.EqualTo(OwnUser));
        Assert.That(_found.Single()!.GroupIds, Is.EqualTo(new uint[] { 7 }));
        Assert.That(_found.Single()!.Challenge, Does.Match("^[0-9a-f]{32}$"));
    }

    [TestCase("ourselves", true)]
    [TestCase("nobody", false)]
    [TestCase("+0", false)]
    [TestCase("4294967295", false)]
    [TestCase("../../etc/passwd", false)]
    public void CVE_2019_12749_only_the_names_of_its_own_user_are_answered(string name, bool isAnswered) =>
        Assert.That(Find(name) is not null, Is.EqualTo(isAnswered));

    [Test]
    public void Every_offer_has_its_own_challenge_and_young_cookies_are_shared()
    {
        CookieOffer one = Find("ourselves")!;
        CookieOffer two = Find("ourselves")!;

        Assert.That((two.Cookie, two.Challenge == one.Challenge), Is.EqualTo((one.Cookie, false)));
    }

    [Test]
    public void A_keyring_that_cannot_be_used_answers_nobody_and_is_logged_once_until_it_can()
    {
        _owner.Home = null;
        Assert.That((Find("ourselves"), Find("ourselves")), Is.EqualTo(((CookieOffer?)null, (CookieOffer?)null)));
        _owner.Home = _owner.Directory;
        Assert.That(Find("ourselves"), Is.Not.Null);

        Assert.That(_log.Lines.Select(line => line.Text), Is.EqualTo(new[]
        {
            $"DBUS_COOKIE_SHA1 rejects everybody, the keyring cannot be used: uid {OwnUser} has no home directory",
            "the keyring can be used again",
        }));
    }

    private CookieOffer? Find(string user)
    {
        _cookies.Find(user, _found.Add);
        _elsewhere.Dequeue()();
        _onLoop.Dequeue()();
        return _found[^1];
    }

    private sealed class FakeOwner(string directory) : IKeyringOwner
    {
        public uint UserId => OwnUser;

        public IReadOnlyList<uint>? Groups => [7];

        public string? Home { get; set; } = directory;

        internal string Directory { get; } = directory;

        public string? Name => "ourselves";
    }
}
