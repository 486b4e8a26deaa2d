using CsCheck;
using XcpBroker.Peers.Xenstore;
using XcpBroker.Testing;
using XcpBroker.Xenstore;

namespace XcpBroker.Broker.Tests.Xenstore;

/// <summary>Who is told of the bus, and who is no more: with domids that are used again, and changes at the worst of times.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class DomainScanTests : IDisposable
{
    private const string Nfs = "0123abcd-89ab-cdef-0123-456789abcdef";
    private const string Web = "1123abcd-89ab-cdef-0123-456789abcdef";
    private const uint TransactionEnd = 7;

    private static readonly DomainNotice NfsNotice = new("nfs-1", Nfs, "tcp:host=169.254.0.1,port=5555", "0123456789abcdef0123456789abcdef");

    private readonly FakeXenstore _store = new();
    private readonly DomainEventLog _events = new();
    private readonly DomainScan _scan;
    private XenstoreClient _client;
    private byte _next;

    public DomainScanTests()
    {
        _client = Connect();
        _scan = new DomainScan(_events, count => [.. Enumerable.Repeat(++_next, count)]);
        _events.Confirm = _scan.Confirm;
    }

    public void Dispose() => _client.Dispose();

    [Test]
    public void A_declared_domain_is_told_and_nobody_else_can_read_it()
    {
        _store.Introduce(5, Nfs, "nfs-1");
        _store.Introduce(6, Web, "web");
        _scan.Watch(NfsNotice);
        Assert.That(Run(), Is.True);

        string secret = _events.Boots.Single().Secret;
        Assert.That(_events.Lines, Is.EqualTo($"booted nfs-1, domid 5, {Nfs}"));
        Assert.That(secret, Does.Match("^[0-9a-f]{64}$"));
        Assert.That(
            Below("/local/domain/5/xcp-bus"),
            Is.EqualTo($" | address={NfsNotice.Address} | guid={NfsNotice.Guid} | token=nfs-1 {secret}"));
        Assert.That(_store.Paths.Where(path => path.Contains("xcp-bus")).Select(path => string.Join(' ', _store.Find(path)!.Permissions)), Is.All.EqualTo("n0 r5"));
        Assert.That(_store.Paths.Where(path => path.Contains("xcp-bus")), Is.All.StartsWith("/local/domain/5/"));
        using XcpBroker.Xenstore.XenstoreClient five = Connect(5);
        using XcpBroker.Xenstore.XenstoreClient six = Connect(6);
        Assert.That(five.Read("xcp-bus/token").Text, Is.EqualTo($"nfs-1 {secret}"));
        Assert.That(six.Read("/local/domain/5/xcp-bus/token").Error, Is.EqualTo("EACCES"));
        Assert.That(five.Write("xcp-bus/token", "mine").Error, Is.EqualTo("EACCES"));
    }

    [Test]
    public void Until_the_bus_has_confirmed_its_boot_a_domain_is_told_nothing()
    {
        _events.Confirm = static _ => { };
        _store.Introduce(5, Nfs, "nfs-1");
        _scan.Watch(NfsNotice);
        Assert.That((Run(), Run()), Is.EqualTo((true, true)), "there is nothing to try again");
        Assert.That(_events.Lines, Is.EqualTo($"booted nfs-1, domid 5, {Nfs}"));
        Assert.That(Below("/local/domain/5/xcp-bus"), Is.Empty);

        _scan.Confirm(6);
        _scan.Confirm(5);
        Assert.That(Run(), Is.True);
        Assert.That(_store.Find("/local/domain/5/xcp-bus/token")!.Value, Is.EqualTo($"nfs-1 {_events.Boots.Single().Secret}"));
    }

    [Test]
    public void What_the_bus_has_confirmed_of_the_domain_before_is_nothing_of_the_one_that_has_its_number_now()
    {
        _events.Confirm = static _ => { };
        _scan.Watch(NfsNotice);
        _scan.Watch(new DomainNotice("web", Web, null, null));
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _store.Release(5);
        _store.Introduce(5, Web, "web");
        Run();
        Assert.That(_events.Lines, Is.EqualTo($"booted nfs-1, domid 5, {Nfs} | ended nfs-1 5 | booted web, domid 5, {Web}"));

        _scan.Confirm(5);
        Run();
        Assert.That(Below("/local/domain/5/xcp-bus"), Is.Empty);
        _scan.Confirm(5);
        Run();
        Assert.That(_store.Find("/local/domain/5/xcp-bus/token")!.Value, Is.EqualTo($"web {_events.Boots[1].Secret}"));
    }

    [Test]
    public void Node_and_permissions_come_at_once()
    {
        _store.Introduce(5, Nfs, "nfs-1");
        _scan.Watch(NfsNotice);
        bool isEverOpen = false;
        _store.Before = (_, _) => isEverOpen |= _store.Paths.Any(path => path.Contains("xcp-bus") && _store.Find(path)!.Permissions is not ["n0", "r5"]);
        Run();

        Assert.That((isEverOpen, _store.Commits), Is.EqualTo((false, 1)));
    }

    [TestCase("nfs-1", true)]
    [TestCase("nfs-2", false)]
    public void Without_a_UUID_the_toolstacks_name_says_who_it_is(string name, bool isIt)
    {
        _store.Introduce(5, Web, name);
        _scan.Watch(NfsNotice with { Uuid = null });
        Run();

        Assert.That(_events.Boots, Has.Count.EqualTo(isIt ? 1 : 0));
    }

    [Test]
    public void With_a_UUID_the_name_says_nothing()
    {
        _store.Introduce(5, Web, "nfs-1");
        _scan.Watch(NfsNotice);
        Run();

        Assert.That(_events.Lines, Is.Empty);
    }

    [Test]
    public void What_the_domain_itself_has_put_there_is_not_kept()
    {
        _store.Introduce(5, Nfs, "nfs-1");
        _store.Write("/local/domain/5/xcp-bus", "", "b5");
        _store.Write("/local/domain/5/xcp-bus/token/deep", "nfs-1 mine", "b5");
        _scan.Watch(NfsNotice);
        Run();

        Assert.That(_store.Find("/local/domain/5/xcp-bus/token/deep"), Is.Null);
        Assert.That(_store.Find("/local/domain/5/xcp-bus/token")!.Value, Is.EqualTo($"nfs-1 {_events.Boots.Single().Secret}"));
        Assert.That(string.Join(' ', _store.Find("/local/domain/5/xcp-bus")!.Permissions), Is.EqualTo("n0 r5"));
    }

    [Test]
    public void When_it_is_released_it_is_no_more_and_the_next_time_it_has_another_token()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _store.Release(5);
        Run();
        _store.Introduce(6, Nfs, "nfs-1");
        Run();

        Assert.That(_events.Lines, Is.EqualTo($"booted nfs-1, domid 5, {Nfs} | ended nfs-1 5 | booted nfs-1, domid 6, {Nfs}"));
        Assert.That(_events.Boots.Select(boot => boot.Secret).Distinct().Count(), Is.EqualTo(2));
    }

    [Test]
    public void One_that_is_dead_and_not_yet_taken_away_has_nothing_any_more()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _store.Release(5);
        _store.Write("/local/domain/5/vm", $"/vm/{Nfs}");
        _store.Write("/local/domain/5/xcp-bus/token", $"nfs-1 {_events.Boots.Single().Secret}");
        Run();

        Assert.That(_events.Lines, Does.EndWith("| ended nfs-1 5"));
        Assert.That(_store.Find("/local/domain/5/xcp-bus"), Is.Null);
        Assert.That(_events.Boots, Has.Count.EqualTo(1));
    }

    // Its end and the next use of its number are seen as one event, or as none.
    [TestCase(Nfs, "nfs-1", "booted nfs-1, domid 5, {0} | ended nfs-1 5 | booted nfs-1, domid 5, {0}")]
    [TestCase(Web, "nfs-1", "booted nfs-1, domid 5, {0} | ended nfs-1 5")]
    [TestCase(Web, "web", "booted nfs-1, domid 5, {0} | ended nfs-1 5")]
    public void Whoever_has_its_number_next_inherits_nothing(string uuid, string name, string expected)
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _store.Release(5, isSilent: true);
        _store.Introduce(5, uuid, name);
        Run();

        Assert.That(_events.Lines, Is.EqualTo(string.Format(null, expected, Nfs)));
        Assert.That(_store.Find("/local/domain/5/xcp-bus/token")?.Value, Is.Not.EqualTo($"nfs-1 {_events.Boots[0].Secret}"));
    }

    // Before which request of the first telling its number becomes another domain's: up to the last one.
    [Test]
    public void Nor_does_one_that_gets_it_in_the_middle([Range(0, 14)] int request)
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        int count = 0;
        _store.Before = (_, _) =>
        {
            if (count++ == request)
            {
                _store.Release(5);
                _store.Introduce(5, Web, "web");
            }
        };
        Run();
        _store.Before = null;
        Run();

        Assert.That(count, Is.GreaterThan(request), "the change came too late to be one in the middle");
        Assert.That(_store.Paths.Where(path => path.Contains("xcp-bus")), Is.Empty);
        Assert.That(_events.Alive, Is.Empty);
    }

    [Test]
    public void Changes_by_others_are_in_nobodys_way_for_long()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        int left = 3;
        _store.Before = (type, _) =>
        {
            if (type == TransactionEnd && left-- > 0)
            {
                _store.Write("/other", $"{left}");
            }
        };

        Assert.That(Run(), Is.True);
        Assert.That((_store.Conflicts, _store.Commits, _events.Boots.Count), Is.EqualTo((3, 1, 1)));
    }

    [Test]
    public void Who_cannot_be_told_is_said_once_and_tried_again()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        int writes = 0;
        _store.Before = (type, _) =>
        {
            if (type == TransactionEnd)
            {
                _store.Write("/other", $"{++writes}");
            }
        };
        Assert.That((Run(), Run()), Is.EqualTo((false, false)));
        _store.Before = null;
        Assert.That(Run(), Is.True);

        Assert.That(_events.Lines, Is.EqualTo($"booted nfs-1, domid 5, {Nfs} | not told nfs-1 5 EAGAIN"));
        Assert.That(_store.Find("/local/domain/5/xcp-bus/token"), Is.Not.Null);
    }

    [Test]
    public void Another_address_is_told_with_the_same_token()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _scan.Watch(NfsNotice with { Address = null, Guid = null });
        Run();

        Assert.That(Below("/local/domain/5/xcp-bus"), Is.EqualTo($" | token=nfs-1 {_events.Boots.Single().Secret}"));
    }

    [Test]
    public void Who_is_declared_no_longer_is_told_no_longer()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _scan.Forget("nfs-1");
        Assert.That(_scan.IsIdle, Is.False, "there is something to take back");
        Run();

        Assert.That((_events.Lines, _scan.IsIdle), Is.EqualTo(($"booted nfs-1, domid 5, {Nfs} | ended nfs-1 5", true)));
        Assert.That(_store.Find("/local/domain/5/xcp-bus"), Is.Null);
    }

    [Test]
    public void What_was_told_is_taken_back_when_the_bus_ends()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _scan.TakeBack(_client);

        Assert.That(_store.Find("/local/domain/5/xcp-bus"), Is.Null);
    }

    [Test]
    public void While_there_is_no_xenstore_nobody_ends_and_afterwards_the_same_run_on([Range(0, 4)] int request)
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        FakeXenstoreChannel channel = new(_store);
        int count = 0;
        _store.Before = (_, _) => channel.IsGone |= count++ == request;
        using (XenstoreClient dying = new(channel, TimeProvider.System))
        {
            Assert.That(_scan.Run(dying), Is.EqualTo(!channel.IsGone));
        }

        _store.Before = null;
        _client = Connect();
        Assert.That(Run(), Is.True);
        Assert.That(_events.Lines, Is.EqualTo($"booted nfs-1, domid 5, {Nfs}"));
    }

    [Test]
    public void A_xenstore_that_has_forgotten_everything_is_told_anew()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _store.Remove("/local/domain/5/xcp-bus");
        Run();

        Assert.That(_events.Lines, Is.EqualTo($"booted nfs-1, domid 5, {Nfs} | ended nfs-1 5 | booted nfs-1, domid 5, {Nfs}"));
        Assert.That(_store.Find("/local/domain/5/xcp-bus/token")!.Value, Is.EqualTo($"nfs-1 {_events.Boots[1].Secret}"));
    }

    [Test]
    public void While_a_domain_moves_both_of_it_run()
    {
        _scan.Watch(NfsNotice);
        _store.Introduce(5, Nfs, "nfs-1");
        Run();
        _store.Introduce(6, Nfs, "nfs-1--incoming");
        Run();
        _store.Release(5);
        Run();

        Assert.That(_events.Alive, Is.EqualTo(new HashSet<(string, uint)> { ("nfs-1", 6) }));
    }

    // 0-2: a domain that is declared comes under a number; 3: one that is not; 4: one goes; 5: one goes and its number is another's, unseen
    [Test]
    public void Whatever_comes_and_goes_only_who_runs_and_is_declared_has_a_token_and_each_its_own() =>
        Gen.Select(Gen.Int[0, 6], Gen.UInt[1, 4]).Array[0, 40].Sample(steps =>
        {
            FakeXenstore store = new();
            DomainEventLog events = new();
            byte next = 0;
            DomainScan scan = new(events, count => [.. Enumerable.Repeat(++next, count)]);
            events.Confirm = scan.Confirm;
            string[] uuids = [Nfs, "2123abcd-89ab-cdef-0123-456789abcdef", "3123abcd-89ab-cdef-0123-456789abcdef", Web];
            scan.Watch(new DomainNotice("a", uuids[0], null, null));
            scan.Watch(new DomainNotice("b", uuids[1], null, null));
            scan.Watch(new DomainNotice("c", null, null, null));
            using XenstoreClient client = new(new FakeXenstoreChannel(store), TimeProvider.System);
            Dictionary<uint, string> running = [];
            foreach ((int step, uint domid) in steps)
            {
                bool isThere = running.Remove(domid);
                if (isThere)
                {
                    store.Release(domid, isSilent: step == 5);
                }

                if (step < 4 || (step == 5 && isThere))
                {
                    int who = step % 4;
                    running[domid] = who == 3 ? "" : $"{(char)('a' + who)}";
                    store.Introduce(domid, uuids[who], who == 3 ? "x" : running[domid]);
                }

                // 6: and nobody looks before the next step.
                if (step != 6 && !IsRight())
                {
                    return false;
                }
            }

            return IsRight() && events.Boots.DistinctBy(boot => boot.Secret).Count() == events.Boots.Count;

            bool IsRight() => scan.Run(client)
                && events.Alive.Count == running.Count(pair => pair.Value.Length > 0)
                && running.All(pair => store.Find($"/local/domain/{pair.Key}/xcp-bus/token")?.Value == Token(pair.Value, pair.Key));

            string? Token(string name, uint domid) => events.Alive.Contains((name, domid)) ? $"{name} {events.Boots.Last(boot => boot.Domid == domid).Secret}" : null;
        });

    private XenstoreClient Connect(uint domid = 0) => new(new FakeXenstoreChannel(_store, domid), TimeProvider.System);

    private bool Run() => _scan.Run(_client);

    private string Below(string path) => string.Join(
        " | ", _store.Paths.Where(node => node.StartsWith(path, StringComparison.Ordinal)).Select(node => node == path ? "" : $"{node[(path.Length + 1)..]}={_store.Find(node)!.Value}"));
}
