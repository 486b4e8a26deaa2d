using System.Text;
using XcpBroker.Peers.Xenstore;
using XcpBroker.Testing;
using XcpBroker.Xenstore;

namespace XcpBroker.Broker.Tests.Xenstore;

/// <summary>The client against a xenstore that does what Xen's documentation says.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class XenstoreClientTests : IDisposable
{
    private readonly FakeXenstore _store = new();
    private readonly FakeXenstoreChannel _channel;
    private readonly XenstoreClient _client;

    public XenstoreClientTests()
    {
        _channel = new FakeXenstoreChannel(_store);
        _client = new XenstoreClient(_channel, TimeProvider.System);
    }

    public void Dispose() => _client.Dispose();

    [Test]
    public void What_is_written_is_read_in_whatever_pieces_it_comes([Values(1, 3, 15, 16, 17, 4096)] int piece)
    {
        _channel.PieceBytes = piece;

        Assert.That(_client.Write("/a/b", "wörd").IsDone, Is.True);
        Assert.That(_client.Read("/a/b").Text, Is.EqualTo("wörd"));
        Assert.That(_client.Read("/a").Text, Is.Empty);
        Assert.That(_client.Read("/c"), Is.EqualTo(new XenstoreAnswer("ENOENT", default)));
        Assert.That(_client.MakeDirectory("/a/c").IsDone, Is.True);
        Assert.That(string.Join(' ', _client.List("/a").Texts), Is.EqualTo("b c"));
        Assert.That(_client.Remove("/a").IsDone, Is.True);
        Assert.That(_client.List("/a").Error, Is.EqualTo("ENOENT"));
        Assert.That(_client.GetDomainPath(5).Texts.Single(), Is.EqualTo("/local/domain/5"));
    }

    [Test]
    public void Permissions_keep_others_out()
    {
        _ = _client.Write("/a", "secret");
        Assert.That(_client.SetPermissions("/a", 0, new(XenstoreAccess.None, 0), new(XenstoreAccess.Read, 5)).IsDone, Is.True);
        Assert.That(string.Join(' ', _client.GetPermissions("/a").Texts), Is.EqualTo("n0 r5"));

        using XenstoreClient five = new(new FakeXenstoreChannel(_store, 5), TimeProvider.System);
        using XenstoreClient six = new(new FakeXenstoreChannel(_store, 6), TimeProvider.System);
        Assert.That((five.Read("/a").Text, five.Write("/a", "mine").Error), Is.EqualTo(("secret", "EACCES")));
        Assert.That((six.Read("/a").Error, six.Write("/a", "mine").Error), Is.EqualTo(("EACCES", "EACCES")));
    }

    [Test]
    public void A_path_without_a_slash_begins_at_the_own_domain()
    {
        _store.Introduce(5, "0123abcd-89ab-cdef-0123-456789abcdef", "nfs-1");
        using XenstoreClient five = new(new FakeXenstoreChannel(_store, 5), TimeProvider.System);

        Assert.That(five.Read("name").Text, Is.EqualTo("nfs-1"));
        Assert.That((_client.IsIntroduced(5).Texts[0], _client.IsIntroduced(6).Texts[0]), Is.EqualTo(("T", "F")));
    }

    [Test]
    public void A_transaction_is_done_again_until_nobody_is_in_its_way()
    {
        int tries = 0;
        string? error = _client.Transact(transaction =>
        {
            _ = _client.Write("/a", $"{++tries}", transaction);
            if (tries < 3)
            {
                _store.Write("/other", $"{tries}");
            }

            return null;
        });

        Assert.That((error, tries, _store.Conflicts), Is.EqualTo(((string?)null, 3, 2)));
        Assert.That(_store.Find("/a")!.Value, Is.EqualTo("3"));
    }

    [Test]
    public void One_that_others_are_always_in_the_way_of_is_given_up()
    {
        int tries = 0;
        string? error = _client.Transact(transaction =>
        {
            _ = _client.Write("/a", "1", transaction);
            _store.Write("/other", $"{++tries}");
            return null;
        });

        Assert.That((error, tries), Is.EqualTo(("EAGAIN", XenstoreClient.MaxAttempts)));
        Assert.That(_store.Find("/a"), Is.Null);
    }

    [Test]
    public void One_that_thinks_better_of_it_leaves_nothing()
    {
        string? error = _client.Transact(transaction => _client.Write("/a", "1", transaction).Error ?? "not so");

        Assert.That((error, _store.Find("/a"), _store.Commits), Is.EqualTo(("not so", (FakeNode?)null, 0)));
    }

    [Test]
    public void A_watch_fires_at_once_and_with_each_change_also_while_something_else_is_asked()
    {
        Assert.That(_client.Watch("/a", "token").IsDone, Is.True);
        Assert.That(_client.WaitForWatch(TimeSpan.Zero), Is.True, "at once");
        Assert.That(_client.WaitForWatch(TimeSpan.Zero), Is.False);

        _store.Write("/a/b", "1");
        _store.Write("/a/c", "2");
        Assert.That(_client.Read("/a/b").Text, Is.EqualTo("1"));
        Assert.That(_client.WaitForWatch(TimeSpan.Zero), Is.True);
        Assert.That(_client.WaitForWatch(TimeSpan.Zero), Is.False, "what has fired twice has fired");

        _ = _client.Unwatch("/a", "token");
        _store.Write("/a/b", "3");
        Assert.That(_client.WaitForWatch(TimeSpan.Zero), Is.False);
    }

    [Test]
    public void A_list_that_is_too_long_for_one_packet_comes_in_parts()
    {
        string[] domids = [.. Enumerable.Range(10000, 1500).Select(domid => $"{domid}")];
        foreach (string domid in domids)
        {
            _store.Write($"/local/domain/{domid}", "");
        }

        Assert.That(_client.List("/local/domain").Texts, Is.EqualTo(domids));
    }

    [Test]
    public void What_is_too_long_is_not_sent()
    {
        Assert.That(_client.Write("/a", new string('x', 4094)).Error, Is.EqualTo("E2BIG"));
        Assert.That((_client.Write("/a", new string('x', 4093)).Error, _client.IsLost), Is.EqualTo(((string?)null, false)));
    }

    // type, request id, transaction, length, payload; the request is READ number 1
    [TestCase("02000000 01000000 00000000 01100000", "it sends a packet that is too long")]
    [TestCase("02000000 02000000 00000000 00000000", "it answers what was not asked")]
    [TestCase("03000000 01000000 00000000 00000000", "its answer is of another kind")]
    [TestCase("10000000 01000000 00000000 00000000", "its error has no name")]
    [TestCase("10000000 01000000 00000000 01000000 00", "its error has no name")]
    [TestCase("02000000 01000000 00000000 01000000", "it does not answer")]
    public void Whatever_is_not_as_the_protocol_has_it_ends_the_connection(string answer, string expected)
    {
        using XenstoreClient client = new(new Canned(Convert.FromHexString(answer.Replace(" ", ""))), TimeProvider.System);

        Assert.That(client.Read("/a").Error, Is.EqualTo(XenstoreAnswer.Lost));
        Assert.That(client.Loss, Is.EqualTo(expected));
        Assert.That(client.Write("/a", "b").Error, Is.EqualTo(XenstoreAnswer.Lost));
        Assert.That(client.WaitForWatch(null), Is.False);
    }

    [Test]
    public void When_the_daemon_is_gone_every_answer_says_so()
    {
        _channel.IsGone = true;

        Assert.That(_client.Read("/a").Error, Is.EqualTo(XenstoreAnswer.Lost));
        Assert.That(_client.Transact(_ => null), Is.EqualTo(XenstoreAnswer.Lost));
        Assert.That(_client.WaitForWatch(null), Is.False);
    }

    [Test]
    public void Events_that_never_end_keep_no_answer_from_being_late()
    {
        byte[] event_ = new XenstorePacket(XenstoreType.WatchEvent, 0, 0, Encoding.ASCII.GetBytes("/a\0unknown\0")).ToBytes();
        Microsoft.Extensions.Time.Testing.FakeTimeProvider clock = new();
        using XenstoreClient client = new(new Canned(event_) { IsEndless = true, Received = () => clock.Advance(TimeSpan.FromSeconds(1)) }, clock);

        Assert.That(client.Read("/a").Error, Is.EqualTo(XenstoreAnswer.Lost));
        Assert.That(client.Loss, Is.EqualTo("it does not answer"));
    }

    /// <summary>Says what it is told to, whatever it is asked.</summary>
    private sealed class Canned(byte[] answer) : IXenstoreChannel
    {
        private int _said;

        internal bool IsEndless { get; init; }

        internal Action Received { get; init; } = static () => { };

        public bool Send(ReadOnlySpan<byte> packet) => true;

        public int Receive(Span<byte> buffer, TimeSpan? patience, bool canBeWoken)
        {
            Received();
            _said = IsEndless && _said == answer.Length ? 0 : _said;
            int count = Math.Min(answer.Length - _said, buffer.Length);
            answer.AsSpan(_said, count).CopyTo(buffer);
            _said += count;
            return count > 0 ? count : IXenstoreChannel.Nothing;
        }

        public void Dispose()
        {
        }
    }
}
