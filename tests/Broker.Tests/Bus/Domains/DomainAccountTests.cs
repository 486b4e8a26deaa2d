using Microsoft.Extensions.Logging;
using XcpBroker.Activation;
using XcpBroker.Config;
using XcpBroker.Config.Services;
using XcpBroker.Domains;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Domains;

/// <summary>What all connections of a domain have together is bounded, and what one domain uses up no other misses.</summary>
internal sealed class DomainAccountTests : DomainFixture
{
    private const string Everything = "<policy domain='*'><allow own='*'/><allow send_destination='*'/><allow receive_sender='*'/></policy>";
    private const string LimitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded";
    private static readonly byte[] Body = new byte[10_000];

    [Test]
    public void Names()
    {
        Limit("max_names", 3);
        FakePeer one = Broker.ConnectFromDomain("nfs");
        FakePeer two = Broker.ConnectFromDomain("nfs");
        one.RequestName("org.example.A");
        one.RequestName("org.example.B");
        two.RequestName("org.example.A");
        PeerMessage refused = two.Ask("RequestName", "org.example.C", 0u);
        Assert.That(refused.ErrorName, Is.EqualTo(LimitsExceeded));
        Assert.That(refused.FirstString, Does.Contain("domain nfs").And.Contain("max_names=3"));
        Assert.That(two.RequestName("org.example.A"), Is.EqualTo(2), "what it has it may ask for again");
        Assert.That(Broker.ConnectFromDomain("web").RequestName("org.example.C"), Is.EqualTo(1));

        two.AskWell("ReleaseName", "org.example.A");
        Assert.That(two.RequestName("org.example.D"), Is.EqualTo(1));
        one.Close();
        two.RequestName("org.example.A");
        Assert.That(two.RequestName("org.example.B"), Is.EqualTo(1));
    }

    [Test]
    public void Match_rules()
    {
        Limit("max_match_rules", 3);
        FakePeer one = Broker.ConnectFromDomain("nfs");
        FakePeer two = Broker.ConnectFromDomain("nfs");
        one.AddMatch("member='A'");
        one.AddMatch("member='A'");
        two.AddMatch("member='A'");
        PeerMessage refused = two.Ask("AddMatch", "member='B'");
        Assert.That(refused.ErrorName, Is.EqualTo(LimitsExceeded));
        Assert.That(refused.FirstString, Does.Contain("domain nfs").And.Contain("max_match_rules=3"));
        Broker.ConnectFromDomain("web").AddMatch("member='B'");

        one.AskWell("RemoveMatch", "member='A'");
        two.AddMatch("member='B'");
        one.Close();
        two.AddMatch("member='C'");
        Assert.That(two.Ask("AddMatch", "member='D'").ErrorName, Is.EqualTo(LimitsExceeded));
    }

    [Test]
    public void Calls_without_an_answer()
    {
        Limit("max_replies", 3);
        FakePeer callee = Broker.Connect();
        FakePeer one = Broker.ConnectFromDomain("nfs");
        FakePeer two = Broker.ConnectFromDomain("nfs");
        one.CallPeer(callee.UniqueName, "A");
        one.CallPeer(callee.UniqueName, "B");
        two.CallPeer(callee.UniqueName, "C");
        List<PeerMessage> calls = [.. callee.ReceiveAll().Where(message => message.Type == 1)];
        PeerMessage refused = two.ReceiveReply(two.CallPeer(callee.UniqueName, "D"));
        Assert.That(refused.ErrorName, Is.EqualTo(LimitsExceeded));
        Assert.That(refused.FirstString, Does.Contain("domain nfs").And.Contain("max_replies=3"));
        Broker.ConnectFromDomain("web").CallPeer(callee.UniqueName, "E");

        callee.Reply(calls[0]);
        two.CallPeer(callee.UniqueName, "F");
        one.Close();
        two.CallPeer(callee.UniqueName, "G");
        Assert.That(two.Hear(), Is.Empty);
        callee.Close();
        Assert.That(two.Hear(), Has.Count.EqualTo(3).And.All.EndsWith(" NoReply"));
        FakePeer next = Broker.Connect();
        two.CallPeer(next.UniqueName, "H");
        Assert.That(two.Hear(), Is.Empty);
    }

    // Of a domain that fills queues by as many connections as it likes, and of one that does not.
    [Test]
    public void Bytes_of_messages_that_nobody_reads()
    {
        const int most = 200_000;
        Limit("max_bytes", most);
        FakePeer deaf = Broker.Connect(socketBuffer: 4096);
        FakePeer[] greedy = [.. Enumerable.Range(0, 5).Select(_ => Broker.ConnectFromDomain("nfs"))];
        int taken = greedy.Sum(peer => CallUntilRefused(peer, deaf.UniqueName));
        long guaranteed = greedy.Length * (16 << 10); // each connection's own, outside of all shares (Quotas/QuotaLimits)
        Assert.That(taken * (long)Body.Length, Is.LessThan(most + guaranteed + (greedy.Length * 2 * Body.Length)), "all connections together");

        FakePeer web = Broker.ConnectFromDomain("web");
        for (int i = 0; i < 100; i++)
        {
            web.CallPeer(deaf.UniqueName, "Do", Body);
        }

        Assert.That(web.Hear(), Is.Empty, "another domain has its own");
        Assert.That(deaf.ReceiveAll().Count(message => message.Member == "Do"), Is.EqualTo(taken + 100), "what was taken comes");
        greedy[0].CallPeer(deaf.UniqueName, "Do", Body);
        Assert.That(greedy[0].Hear(), Is.Empty, "and the domain's account is empty again");
    }

    [Test]
    public void Messages_that_wait_for_who_is_absent()
    {
        Limit("max_held_messages", 2, new ActivationOptions
        {
            Starter = new FakeStarter(),
            Catalog = ServiceCatalog.Of(
                new ServiceDescriptor { Name = "org.example.A", FilePath = "/a", Buffer = new BufferDeclaration() },
                new ServiceDescriptor { Name = "org.example.B", FilePath = "/b", Buffer = new BufferDeclaration() }),
        });
        FakePeer one = Broker.ConnectFromDomain("nfs");
        FakePeer two = Broker.ConnectFromDomain("nfs");
        one.CallPeer("org.example.A", "A");
        two.CallPeer("org.example.B", "B");
        PeerMessage refused = two.ReceiveReply(two.CallPeer("org.example.A", "C"));
        Assert.That(refused.ErrorName, Is.EqualTo(LimitsExceeded));
        Assert.That(refused.FirstString, Does.Contain("max_held_messages"));
        FakePeer web = Broker.ConnectFromDomain("web");
        web.CallPeer("org.example.A", "D");
        Assert.That(web.Hear(), Is.Empty);

        FakePeer owner = Broker.Connect();
        owner.RequestName("org.example.A");
        owner.Close();
        two.CallPeer("org.example.A", "E");
        Assert.That(two.Hear(), Is.Empty);
    }

    [Test]
    public void Messages_a_second_what_comes_faster_is_read_later_and_nothing_is_lost()
    {
        Limit("max_messages_per_second", 100);
        FakePeer callee = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        FakePeer second = Broker.ConnectFromDomain("nfs");
        Broker.Pass(TimeSpan.FromSeconds(1));
        Flood(nfs, callee, 30);
        Flood(second, callee, 30);
        int at = Count(callee);
        Assert.That(at, Is.LessThanOrEqualTo(2 * MessageRate.SmallestBurst));
        FakePeer web = Broker.ConnectFromDomain("web");
        web.CallPeer(callee.UniqueName, "Do");
        Assert.That(Count(callee), Is.EqualTo(1), "another domain is not concerned");

        Broker.Pass(TimeSpan.FromMilliseconds(100));
        Broker.Pass(TimeSpan.FromMilliseconds(100));
        int later = Count(callee);
        Assert.That(later, Is.InRange(10, 21));
        for (int i = 0; i < 20; i++)
        {
            Broker.Pass(TimeSpan.FromMilliseconds(50));
        }

        Assert.That(at + later + Count(callee), Is.EqualTo(60));
        Assert.That(Broker.Bus.Counters.InputsPaced, Is.Positive);
        Assert.That(Broker.Log.Lines.Where(line => line.Level == LogLevel.Warning).Select(line => line.Text), Has.One.Contains("max_messages_per_second (100)"));
    }

    [Test]
    public void What_it_sent_too_fast_before_it_left_is_delivered_all_the_same()
    {
        Limit("max_messages_per_second", 100);
        FakePeer callee = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        Flood(nfs, callee, 30);
        nfs.Close();
        for (int i = 0; i < 20; i++)
        {
            Broker.Pass(TimeSpan.FromMilliseconds(50));
        }

        Assert.That(Count(callee), Is.EqualTo(30));
        Assert.That(Broker.Bus.Connections.Count(connection => connection.Domain is not null), Is.Zero);
    }

    [Test]
    public void A_signal_for_many_counts_for_more_than_one()
    {
        Limit("max_messages_per_second", 100);
        for (int i = 0; i < 200; i++)
        {
            Broker.Connect().AddMatch("member='S'");
        }

        FakePeer first = Broker.Connect();
        first.AddMatch("member='S'");
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        Broker.Pass(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 10; i++)
        {
            nfs.Emit("S");
        }

        Assert.That(first.Hear(), Has.Count.InRange(1, 3));
    }

    [Test]
    public void A_change_of_owner_that_many_hear_counts_for_more_than_one()
    {
        Limit("max_messages_per_second", 100);
        FakePeer[] watchers = [.. Enumerable.Range(0, 200).Select(_ => Broker.Connect())];
        foreach (FakePeer watcher in watchers)
        {
            watcher.AddMatch(NameChanges);
        }

        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        Broker.Pass(TimeSpan.FromSeconds(10));
        _ = watchers[0].Hear();
        for (int i = 0; i < 10; i++)
        {
            nfs.Call("RequestName", "org.example.A", 0u);
            nfs.Call("ReleaseName", "org.example.A");
        }

        Assert.That(watchers[0].Hear(), Has.Count.InRange(1, 3));
    }

    [Test]
    public void A_reload_that_lifts_the_limit_lets_go_what_waits()
    {
        Limit("max_messages_per_second", 1);
        FakePeer callee = Broker.Connect();
        FakePeer nfs = Broker.ConnectFromDomain("nfs");
        Flood(nfs, callee, 30);
        Reload("<domain name='nfs'><limit name='max_messages_per_second'>0</limit></domain><domain name='web'/>");
        Broker.Pass(TimeSpan.FromSeconds(2));

        Assert.That(Count(callee), Is.EqualTo(30));
    }

    [Test]
    public void Incomplete_connections_of_a_domain_cost_the_domain_its_own()
    {
        Rules(Everything, limits: limits => limits with { MaxIncompleteConnections = 4 });
        FakePeer host = Broker.Accept();
        FakePeer[] silent = [.. Enumerable.Range(0, 20).Select(_ => Broker.AcceptFromDomain("nfs"))];
        foreach (FakePeer peer in silent)
        {
            _ = peer.ReceiveRaw();
        }

        Assert.That(silent.Count(peer => !peer.IsClosed), Is.EqualTo(3));
        host.Authenticate();
        host.Hello();
        Broker.ConnectFromDomain("web");
    }

    [Test]
    public void A_domain_that_is_sent_away_again_and_again_fills_no_log()
    {
        Rules(Everything, "<domain name='nfs'><limit name='max_connections'>1</limit></domain>");
        Broker.ConnectFromDomain("nfs");
        for (int i = 0; i < 50; i++)
        {
            _ = Broker.AcceptFromDomain("nfs").ReceiveRaw();
        }

        Assert.That(Broker.Log.Lines.Count(line => line.Text.Contains("max_connections", StringComparison.Ordinal)), Is.EqualTo(1));
        Broker.Pass(TimeSpan.FromMinutes(2));
        Broker.Pass(TimeSpan.FromMinutes(2));
        Assert.That(Broker.Log.Lines.Select(line => line.Text), Has.Some.EqualTo("50 connections of domain nfs ended by the bus: ConnectNotAllowed"));
    }

    private static void Flood(FakePeer from, FakePeer to, int count)
    {
        for (uint i = 0; i < count; i++)
        {
            from.Write(from.Build(
                new MessageFields { Type = MessageType.MethodCall, Destination = to.UniqueName, Path = "/a", Member = "Do", Flags = MessageFlags.NoReplyExpected },
                1000 + i));
        }
    }

    /// <returns>How many were taken.</returns>
    private static int CallUntilRefused(FakePeer caller, string destination)
    {
        for (int taken = 0; ; taken++)
        {
            caller.CallPeer(destination, "Do", Body);
            if (caller.ReceiveAll() is [PeerMessage refusal])
            {
                Assert.That(refusal.ErrorName, Is.EqualTo(LimitsExceeded));
                return taken;
            }
        }
    }

    private int Count(FakePeer peer)
    {
        Broker.Run();
        return peer.ReceiveAll().Count(message => message.Member == "Do");
    }

    private void Limit(string name, int value, ActivationOptions? starting = null)
    {
        string domains = $"<domain name='nfs'><limit name='{name}'>{value}</limit></domain><domain name='web'/>";
        Rules(Everything, domains);
        if (starting is not null)
        {
            BusConfiguration configuration = Read(Everything, domains);
            Broker.Dispose();
            Broker = new InMemoryBroker(policy: configuration.Policy, domains: configuration.Domains, starting: starting);
        }
    }
}
