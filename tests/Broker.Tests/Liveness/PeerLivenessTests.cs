using System.Net;
using XcpBroker.Auth;
using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config;
using XcpBroker.Liveness;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Liveness;

/// <summary>Peers on other machines that fall silent, on a clock of our own.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class PeerLivenessTests : IDisposable
{
    private static readonly TimeSpan Grace = PeerLiveness.DefaultGrace;

    private InMemoryBroker _broker = new();

    public void Dispose() => _broker.Dispose();

    [Test]
    public void A_silent_remote_peer_is_pinged_after_its_grace_and_its_answer_is_not_lost_traffic()
    {
        FakePeer peer = Remote();
        _broker.Pass(Grace - TimeSpan.FromSeconds(1));
        Assert.That(peer.ReceiveAll(), Is.Empty);

        _broker.Pass(TimeSpan.FromSeconds(1));
        PeerMessage ping = peer.Receive();
        Assert.That((ping.Interface, ping.Member, ping.Sender), Is.EqualTo(("org.freedesktop.DBus.Peer", "Ping", "org.freedesktop.DBus")));

        Answer(peer, ping);
        _broker.Pass(Grace);
        Assert.That(Warnings(), Is.Empty);
        Assert.That(_broker.Bus.Drops.IsInEpisode, Is.False, "the answer is expected");
    }

    [Test]
    public void Who_talks_is_not_asked()
    {
        FakePeer peer = Remote();
        for (int i = 0; i < 5; i++)
        {
            _broker.Pass(Grace - TimeSpan.FromSeconds(1));
            _ = peer.Ask("GetId");
        }

        Assert.That(peer.ReceiveAll().Select(message => message.Member), Has.None.EqualTo("Ping"));
    }

    [Test]
    public void A_message_that_comes_in_pieces_is_a_sign_of_life()
    {
        FakePeer peer = Remote();
        byte[] message = peer.Build(
            new MessageFields { Type = MessageType.MethodCall, Destination = "org.example.Nobody", Path = "/", Interface = "a.b", Member = "C" }, 9, new byte[400]);
        for (int i = 0; i < 4; i++)
        {
            peer.SendRaw(message.AsSpan(i * 100, 100));
            _broker.Pass(Grace - TimeSpan.FromSeconds(1));
        }

        Assert.That(peer.ReceiveAll(), Is.Empty);
    }

    [Test]
    public void Peers_of_this_host_are_never_asked()
    {
        FakePeer peer = _broker.Connect();
        _broker.Pass(10 * Grace);

        Assert.That(peer.ReceiveAll(), Is.Empty);
    }

    [Test]
    public void Silence_is_told_once_to_root_and_the_buss_user_and_the_peer_stays()
    {
        FakePeer watcher = Listener(InMemoryBroker.OwnUser);
        FakePeer root = Listener(0);
        FakePeer peer = Remote();
        _broker.Pass(Grace);
        _broker.Pass(Grace);
        _broker.Pass(Grace);

        PeerMessage signal = watcher.ReceiveAll().Single(message => message.Member == "Unresponsive");
        Assert.That((signal.Interface, signal.Path, signal.FirstString), Is.EqualTo(("org.xen.xcp.Broker1", "/org/xen/xcp/broker", peer.UniqueName)));
        Assert.That(root.ReceiveAll().Count(message => message.Member == "Unresponsive"), Is.EqualTo(1));
        Assert.That(Warnings(), Has.Count.EqualTo(1));
        Assert.That(watcher.AskWell("NameHasOwner", peer.UniqueName).Number(), Is.EqualTo(1));
    }

    [Test]
    public void Other_users_are_told_nothing_of_it()
    {
        _broker.Dispose();
        _broker = new InMemoryBroker(policy: PolicyFixture.Read(PolicyFixture.Open));
        FakePeer other = Listener(4711);
        _ = Remote();
        _broker.Pass(Grace);
        _broker.Pass(Grace);

        Assert.That(Warnings(), Has.Count.EqualTo(1));
        Assert.That(other.ReceiveAll().Select(message => message.Member), Has.None.EqualTo("Unresponsive"));
    }

    [Test]
    public void Who_speaks_again_is_well_and_the_next_silence_is_told_anew()
    {
        FakePeer watcher = Listener(InMemoryBroker.OwnUser);
        FakePeer peer = Remote();
        _broker.Pass(Grace);
        _broker.Pass(Grace);
        _ = peer.Ask("GetId");
        _broker.Pass(Grace);
        Assert.That(_broker.Log.Lines.Select(line => line.Text), Has.Some.Contains("speaks again"));

        _broker.Pass(Grace);
        _broker.Pass(Grace);
        Assert.That(watcher.ReceiveAll().Count(message => message.Member == "Unresponsive"), Is.EqualTo(2));
    }

    [Test]
    public void Where_a_timeout_is_set_it_is_disconnected_then_and_not_before()
    {
        _broker.Dispose();
        _broker = new InMemoryBroker(new LimitOptions { UnresponsiveTimeout = TimeSpan.FromSeconds(90) });
        FakePeer peer = Remote();
        _broker.Pass(Grace);
        _broker.Pass(Grace);
        _broker.Pass(TimeSpan.FromSeconds(29));
        Assert.That(IsClosed(peer), Is.False);

        _broker.Pass(TimeSpan.FromSeconds(1));
        Assert.That(IsClosed(peer), Is.True);
    }

    [Test]
    public void A_call_to_a_silent_peer_waits()
    {
        FakePeer caller = _broker.Connect();
        FakePeer peer = Remote();
        uint serial = caller.CallPeer(peer.UniqueName, "Slow");
        _broker.Pass(Grace);
        _broker.Pass(Grace);
        _broker.Pass(Grace);
        Assert.That(caller.ReceiveAll(), Is.Empty);

        PeerMessage call = peer.ReceiveAll().Single(message => message.Member == "Slow");
        _ = peer.Reply(call);
        Assert.That(caller.ReceiveReply(serial).ErrorName, Is.Null);
    }

    [Test]
    public void A_peer_that_leaves_takes_its_deadline_along()
    {
        FakePeer peer = Remote();
        peer.Close();

        Assert.That(_broker.Leftovers(), Is.Empty);
    }

    private static void Answer(FakePeer peer, PeerMessage ping) => _ = peer.Reply(ping);

    private static bool IsClosed(FakePeer peer)
    {
        _ = peer.ReceiveAll();
        _ = peer.ReceiveAll();
        return peer.IsClosed;
    }

    private List<string> Warnings() =>
        [.. _broker.Log.Lines.Where(line => line.Level == Microsoft.Extensions.Logging.LogLevel.Warning).Select(line => line.Text)];

    private FakePeer Remote() => _broker.Connect(
        new PeerCredentials { UserId = InMemoryBroker.OwnUser }, address: PeerAddress.OfTcp(IPAddress.Parse("169.254.0.17")));

    private FakePeer Listener(uint user)
    {
        FakePeer peer = _broker.Connect(user);
        peer.AddMatch("type='signal',interface='org.xen.xcp.Broker1'");
        return peer;
    }
}
