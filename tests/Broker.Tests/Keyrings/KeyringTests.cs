using Microsoft.Extensions.Time.Testing;
using XcpBroker.Auth.Sasl.CookieSha1;
using XcpBroker.Interop;
using XcpBroker.Keyrings;

namespace XcpBroker.Broker.Tests.Keyrings;

/// <summary>The keyring in a directory of this test, on a clock that only the test and the keyring's own pauses turn.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class KeyringTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly FakeOwner _owner = new(Directory.CreateTempSubdirectory("xcp-keyring-").FullName);
    private readonly FakeTimeProvider _clock = new();
    private readonly List<TimeSpan> _pauses = [];

    private string FolderPath => Path.Combine(_owner.Home!, ".dbus-keyrings");

    private string FilePath => Path.Combine(FolderPath, Keyring.Context);

    private string LockPath => FilePath + ".lock";

    private long Now => _clock.GetUtcNow().ToUnixTimeSeconds();

    public void Dispose() => Directory.Delete(_owner.Home!, recursive: true);

    [Test]
    public void The_first_cookie_makes_directory_and_file_for_their_owner_alone()
    {
        Cookie cookie = Offer();

        Assert.That((cookie.CreationTime, cookie.Secret.Length), Is.EqualTo((Now, 48)));
        Assert.That(ReadFile(), Is.EqualTo(new[] { cookie }));
        Assert.That(File.GetUnixFileMode(FilePath), Is.EqualTo(OwnerOnly));
        Assert.That(File.GetUnixFileMode(FolderPath), Is.EqualTo(OwnerOnly | UnixFileMode.UserExecute));
        Assert.That(Directory.GetFileSystemEntries(FolderPath), Is.EqualTo(new[] { FilePath }), "no lock and no temporary file is left");
    }

    [Test]
    public void A_cookie_is_offered_for_five_minutes_then_there_is_another_beside_it()
    {
        Cookie first = Offer();
        Pass(299);
        Cookie same = Offer();
        Pass(1);
        Cookie second = Offer();

        Assert.That(same, Is.EqualTo(first));
        Assert.That(second.Secret, Is.Not.EqualTo(first.Secret));
        Assert.That(ReadFile(), Is.EqualTo(new[] { first, second }));
    }

    [Test]
    public void A_cookie_of_more_than_seven_minutes_is_deleted_with_the_next_one_made()
    {
        _ = Offer();
        Pass(421);
        Cookie second = Offer();

        Assert.That(ReadFile(), Is.EqualTo(new[] { second }));
    }

    [Test]
    public void A_cookie_of_another_server_is_offered_too()
    {
        Cookie others = new(5, Now - 10, "abcd");
        Write([new Cookie(4, Now - 100, "ef"), others]);

        Assert.That(Offer(), Is.EqualTo(others));
    }

    [TestCase(300, true)]
    [TestCase(301, false)]
    public void A_cookie_from_the_future_counts_up_to_five_minutes_ahead(int ahead, bool isOffered)
    {
        Cookie future = new(5, Now + ahead, "abcd");
        Write([future]);

        Assert.That(Offer() == future, Is.EqualTo(isOffered));
        Assert.That(ReadFile().Contains(future), Is.EqualTo(isOffered));
    }

    [Test]
    public void There_are_never_more_than_256()
    {
        Write([.. Enumerable.Range(0, 256).Select(id => new Cookie((uint)id, Now - 400, "abcd"))]);
        Cookie made = Offer();

        Assert.That(ReadFile(), Has.Count.EqualTo(256));
        Assert.That((ReadFile()[0].Id, ReadFile()[^1]), Is.EqualTo((1u, made)));
    }

    [Test]
    public void While_another_server_has_the_lock_it_waits_and_then_takes_what_that_made()
    {
        Cookie others = new(5, Now, "abcd");
        Write([]);
        File.WriteAllText(LockPath, "");
        _owner.DuringPause = () =>
        {
            Write([others]);
            File.Delete(LockPath);
        };

        Assert.That(Offer(), Is.EqualTo(others));
        Assert.That(_pauses, Is.EqualTo(new[] { TimeSpan.FromMilliseconds(250) }));
        Assert.That(File.Exists(LockPath), Is.False);
    }

    [Test]
    public void A_lock_that_is_kept_for_eight_seconds_is_a_dead_ones()
    {
        Write([]);
        File.WriteAllText(LockPath, "");
        Cookie made = Offer();

        Assert.That(_pauses, Has.Count.EqualTo(32).And.All.EqualTo(TimeSpan.FromMilliseconds(250)));
        Assert.That(ReadFile(), Is.EqualTo(new[] { made }));
        Assert.That(File.Exists(LockPath), Is.False);
    }

    [Test]
    public void To_offer_a_cookie_that_is_there_takes_no_lock()
    {
        Cookie first = Offer();
        File.WriteAllText(LockPath, "");

        Assert.That((Offer(), _pauses.Count), Is.EqualTo((first, 0)));
    }

    [TestCase(UnixFileMode.GroupRead)]
    [TestCase(UnixFileMode.GroupWrite)]
    [TestCase(UnixFileMode.OtherRead)]
    [TestCase(UnixFileMode.OtherWrite)]
    public void A_directory_that_others_can_use_is_not_used(UnixFileMode mode)
    {
        _ = Offer();
        File.SetUnixFileMode(FolderPath, OwnerOnly | UnixFileMode.UserExecute | mode);

        Assert.That(() => Offer(), Throws.InstanceOf<IOException>().With.Message.Contains($"{FolderPath}: others than its owner may"));
    }

    [TestCase(UnixFileMode.GroupRead)]
    [TestCase(UnixFileMode.OtherRead)]
    [TestCase(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_use_is_not_used(UnixFileMode mode)
    {
        _ = Offer();
        File.SetUnixFileMode(FilePath, OwnerOnly | mode);

        Assert.That(() => Offer(), Throws.InstanceOf<IOException>().With.Message.Contains($"{FilePath}: others than its owner may"));
    }

    [Test]
    public void What_belongs_to_another_user_is_not_used()
    {
        _ = Offer();
        _owner.UserId++;

        Assert.That(() => Offer(), Throws.InstanceOf<IOException>().With.Message.Contains($"belongs to uid {_owner.UserId - 1}, not to uid {_owner.UserId}"));
    }

    [Test]
    public void A_symbolic_link_in_the_place_of_the_file_is_not_followed()
    {
        _ = Offer();
        string elsewhere = Path.Combine(_owner.Home!, "secrets");
        File.Move(FilePath, elsewhere);
        _ = File.CreateSymbolicLink(FilePath, elsewhere);

        Assert.That(() => Offer(), Throws.InstanceOf<IOException>().With.Message.Contains(FilePath));
    }

    [Test]
    public void A_file_in_the_place_of_the_directory_is_said()
    {
        File.WriteAllText(FolderPath, "");

        Assert.That(() => Offer(), Throws.InstanceOf<IOException>().With.Message.Contains(FolderPath));
    }

    [Test]
    public void A_file_without_end_is_not_read_to_it()
    {
        _ = Offer();
        File.WriteAllBytes(FilePath, new byte[1 << 20]);

        Assert.That(() => Offer(), Throws.InstanceOf<IOException>().With.Message.Contains("longer than"));
    }

    [Test]
    public void A_user_without_a_home_has_no_keyring()
    {
        FakeOwner homeless = new(null);

        Assert.That(() => new Keyring(homeless, _clock, Pause).OfferCookie(), Throws.InstanceOf<IOException>().With.Message.Contains("no home"));
    }

    private Cookie Offer() => new Keyring(_owner, _clock, Pause).OfferCookie();

    private void Pause(TimeSpan time)
    {
        _pauses.Add(time);
        _clock.Advance(time);
        _owner.DuringPause?.Invoke();
    }

    private void Pass(int seconds) => _clock.Advance(TimeSpan.FromSeconds(seconds));

    private IReadOnlyList<Cookie> ReadFile() => KeyringFile.Parse(File.ReadAllBytes(FilePath));

    private void Write(Cookie[] cookies)
    {
        _ = Directory.CreateDirectory(FolderPath, OwnerOnly | UnixFileMode.UserExecute);
        File.WriteAllBytes(FilePath, KeyringFile.Format(cookies));
        File.SetUnixFileMode(FilePath, OwnerOnly);
    }

    private sealed class FakeOwner(string? home) : IKeyringOwner
    {
        public uint UserId { get; set; } = LibC.GetEffectiveUserId();

        public IReadOnlyList<uint>? Groups => [UserId];

        public string? Home => home;

        internal Action? DuringPause { get; set; }

        public string? Name => null;
    }
}
