using System.Diagnostics;
using XcpBroker.EndToEnd.Startup;
using XcpBroker.Peers.Xenstore;

namespace XcpBroker.EndToEnd.Xenstore;

/// <summary>The published broker and a xenstore: what it tells domains, and what it makes of their ends.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PublicationTests : IDisposable
{
    private readonly XenstoreStage _stage = new();

    public void Dispose() => _stage.Dispose();

    [TestCase(null, Description = "a thread of the bus")]
    [TestCase("nobody", Description = "the root helper")]
    public void A_domain_proves_itself_by_what_it_was_told_until_it_is_released(string? user)
    {
        Assume.That(user is null || Environment.IsPrivilegedProcess, "only root has a root helper");
        _stage.Serve("xenstored", 0);
        _stage.Store.Introduce(5, XenstoreStage.Uuid, "nfs-1");
        (_, string address) = _stage.StartBus(user);
        _stage.Await(() => _stage.Token(5) is not null, "the domain was not told");
        Assert.That(string.Join(' ', _stage.Store.Find("/local/domain/5/xcp-bus/token")!.Permissions), Is.EqualTo("n0 r5"));
        Assert.That(_stage.Store.Find("/local/domain/5/xcp-bus/address")!.Value, Is.EqualTo("tcp:host=127.0.0.1,port=1"));

        string old = _stage.Token(5)!;
        Process client = StartClient(address, old);
        Assert.That(Shell.ReadLine(client.StandardOutput), Does.Contain("DomainId=5").And.Contain("DomainName=nfs-1"));
        _stage.Store.Release(5);
        Assert.That(Shell.ReadLine(client.StandardOutput), Is.EqualTo("closed"));
        Assert.That(Doctor(address, old).Error, Does.Contain("the bus rejects XCP_TOKEN"));

        _stage.Store.Introduce(6, XenstoreStage.Uuid, "nfs-1");
        _stage.Await(() => _stage.Token(6) is not null, "the domain was not told again");
        Assert.That(Doctor(address, _stage.Token(6)!).Output, Does.Contain("DomainId=6"));
        Assert.That(Doctor(address, old).ExitCode, Is.EqualTo(1));
        _stage.AwaitLog("domain nfs-1 runs as domid 5");
        _stage.AwaitLog("domid 5, is no more");
        Assert.That(_stage.Log, Does.Not.Contain(old.Split(' ')[1]));
    }

    [TestCase(null)]
    [TestCase("nobody")]
    public void Without_xenstore_there_is_one_line_and_a_bus_and_once_it_is_there_domains_are_told(string? user)
    {
        Assume.That(user is null || Environment.IsPrivilegedProcess, "only root has a root helper");
        (_, string address) = _stage.StartBus(user);
        Assert.That(_stage.Shell.BusId(address.Split(';')[0]), Has.Length.EqualTo(32));
        _stage.AwaitLog("xenstore cannot be used");

        _stage.Store.Introduce(5, XenstoreStage.Uuid, "nfs-1");
        FakeXenstoreServer first = _stage.Serve("xenstored", 0);
        _stage.Await(() => _stage.Token(5) is not null, "the domain was not told");
        string token = _stage.Token(5)!;
        first.Dispose();
        _stage.AwaitLog("xenstore cannot be used", times: 2);
        Assert.That(Doctor(address, token).ExitCode, Is.Zero, "while there is no xenstore nobody has ended");
        _stage.Serve("xenstored", 0);
        _stage.AwaitLog("xenstore can be used again", times: 2);

        Assert.That(_stage.Token(5), Is.EqualTo(token));
        Assert.That(_stage.Log.Split("xenstore cannot be used"), Has.Length.EqualTo(3), "said once each time");
    }

    [Test]
    public void Two_hundred_domains_of_a_thousand_are_told_and_the_end_of_one_is_noticed_at_once()
    {
        _stage.Serve("xenstored", 0);
        for (uint domid = 1; domid <= 1000; domid++)
        {
            _stage.Store.Introduce(domid, Uuid(domid), $"d-{domid}");
        }

        string domains = string.Concat(Enumerable.Range(1, 200).Select(number => $"<domain name=\"d-{number}\" uuid=\"{Uuid((uint)(5 * number))}\"/>"));
        long begun = TimeProvider.System.GetTimestamp();
        (_, string address) = _stage.StartBus(Environment.IsPrivilegedProcess ? "nobody" : null, domains: domains);
        _stage.Await(() => _stage.Store.Commits == 200, "not all were told");
        TimeSpan told = TimeProvider.System.GetElapsedTime(begun);
        Process client = StartClient(address, _stage.Token(500)!);
        Assert.That(Shell.ReadLine(client.StandardOutput), Does.Contain("DomainId=500").And.Contain("DomainName=d-100"));

        begun = TimeProvider.System.GetTimestamp();
        _stage.Store.Release(500);
        Assert.That(Shell.ReadLine(client.StandardOutput), Is.EqualTo("closed"));
        TestContext.Out.WriteLine($"all told {told.TotalMilliseconds:0} ms after the start, the end of one noticed after {TimeProvider.System.GetElapsedTime(begun).TotalMilliseconds:0} ms");
        Assert.That(_stage.Store.Commits, Is.EqualTo(200));
    }

    [Test]
    public void A_domain_that_is_added_live_is_told_and_one_that_is_removed_is_not_any_more([Values(null, "nobody")] string? user)
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root adds domains");
        _stage.Serve("xenstored", 0);
        _stage.Store.Introduce(5, XenstoreStage.Uuid, "nfs-1");
        (_, string address) = _stage.StartBus(user, domains: "");
        Assert.That(Broker1(address, $"AddDomain s '<domain name=\"nfs-1\" uuid=\"{XenstoreStage.Uuid}\"/>'").Error, Is.Empty);
        _stage.Await(() => _stage.Token(5) is not null, "the domain was not told");

        string token = _stage.Token(5)!;
        Assert.That(Doctor(address, token).Output, Does.Contain("DomainName=nfs-1"));
        Assert.That(Broker1(address, "RemoveDomain s nfs-1").Error, Is.Empty);
        _stage.Await(() => _stage.Token(5) is null, "it is still told");
        Assert.That(Doctor(address, token).ExitCode, Is.EqualTo(1));
    }

    [Test]
    public void At_its_end_the_bus_takes_back_what_it_has_told([Values(null, "nobody")] string? user)
    {
        Assume.That(user is null || Environment.IsPrivilegedProcess, "only root has a root helper");
        _stage.Serve("xenstored", 0);
        _stage.Store.Introduce(5, XenstoreStage.Uuid, "nfs-1");
        (Process broker, _) = _stage.StartBus(user);
        _stage.Await(() => _stage.Token(5) is not null, "the domain was not told");

        Assert.That(Shell.Signal(broker, "TERM"), Is.Zero);
        Assert.That(_stage.Store.Paths.Where(path => path.Contains("xcp-bus")), Is.Empty);
    }

    [Test]
    public void When_the_bus_is_killed_the_root_helper_takes_it_back()
    {
        Assume.That(Environment.IsPrivilegedProcess, "only root has a root helper");
        _stage.Serve("xenstored", 0);
        _stage.Store.Introduce(5, XenstoreStage.Uuid, "nfs-1");
        (Process broker, _) = _stage.StartBus("nobody");
        _stage.Await(() => _stage.Token(5) is not null, "the domain was not told");
        broker.Kill();

        _stage.Await(() => _stage.Token(5) is null, "it is still there");
    }

    private Process StartClient(string address, string token)
    {
        File.WriteAllText(_stage.Shell.In("client-token"), token);
        _ = _stage.Shell.Start($"chmod 600 client-token; exec $B forward --listen=unix:path=forward --to='{Tcp(address)}' --token-file=client-token 2>>log");
        return _stage.Shell.Start($"""
            {Shell.Listening("forward")}
            exec /usr/bin/python3 -c "
            import dbus, dbus.bus, os
            bus = dbus.bus.BusConnection('unix:path=' + os.environ['D'] + '/forward')
            own = bus.call_blocking('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetConnectionCredentials', 's', (bus.get_unique_name(),))
            print(' '.join(sorted(str(key) + '=' + str(own[key]) for key in own)), flush=True)
            bus.set_exit_on_disconnect(False)
            try:
                while True: bus.call_blocking('org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'GetId', '', ())
            except dbus.DBusException: print('closed', flush=True)
            "
            """);
    }

    private ShellResult Doctor(string address, string token)
    {
        File.WriteAllText(_stage.Shell.In("token"), token);
        return _stage.Shell.Run($"chmod 600 token; exec timeout 20 $B doctor --address='{Tcp(address)}' --token-file=token");
    }

    private static string Uuid(uint number) => $"0123abcd-89ab-cdef-0123-{number:x12}";

    private ShellResult Broker1(string address, string call) => _stage.Shell.Run(
        $"exec busctl --address='{address.Split(';')[0]}' call org.freedesktop.DBus /org/xen/xcp/broker org.xen.xcp.Broker1 {call}");

    private static string Tcp(string address) => address.Split(';').Single(one => one.StartsWith("tcp:", StringComparison.Ordinal));
}
