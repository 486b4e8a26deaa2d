using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus;

internal sealed class HelloTests : BusFixture
{
    [Test]
    public void Unique_names_count_from_zero_and_are_never_used_again()
    {
        FakePeer first = Broker.Connect();
        first.Close();
        FakePeer second = Broker.Connect();

        Assert.That((first.UniqueName, second.UniqueName), Is.EqualTo((":1.0", ":1.1")));
    }

    [Test]
    public void The_reply_comes_before_NameAcquired()
    {
        FakePeer peer = Broker.Accept();
        peer.Authenticate();
        uint serial = peer.Call("Hello");

        List<PeerMessage> messages = peer.ReceiveAll();
        Assert.That(messages.Select(message => (message.ReplySerial, message.Member)), Is.EqualTo(new[] { (serial, null), (0u, "NameAcquired") }));
    }

    [Test]
    public void A_call_of_the_bus_before_Hello_is_denied_and_the_connection_stays()
    {
        FakePeer peer = Broker.Accept();
        peer.Authenticate();

        Assert.That(peer.Ask("ListNames").ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.AccessDenied"));
        peer.Hello();
        Assert.That(peer.UniqueName, Is.EqualTo(":1.0"));
    }

    [Test]
    public void A_message_to_a_peer_before_Hello_ends_the_connection()
    {
        FakePeer peer = Broker.Accept();
        peer.Authenticate();
        peer.Signal("/a", "a.b", "C");
        _ = peer.ReceiveAll();

        Assert.That(peer.IsClosed, Is.True);
    }

    [Test]
    public void A_second_Hello_fails_and_the_connection_stays()
    {
        FakePeer peer = Broker.Connect();

        Assert.That(peer.Ask("Hello").ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.Failed"));
        Assert.That(peer.Ask("GetId").FirstString, Is.EqualTo(InMemoryBroker.Id));
    }

    [Test]
    public void Who_says_no_Hello_in_time_is_disconnected()
    {
        FakePeer silent = Broker.Accept();
        FakePeer authenticated = Broker.Accept();
        authenticated.Authenticate();

        Broker.Pass(TimeSpan.FromSeconds(30));

        _ = silent.ReceiveRaw();
        _ = authenticated.ReceiveRaw();
        Assert.That((silent.IsClosed, authenticated.IsClosed), Is.EqualTo((true, true)));
    }

    [Test]
    public void Another_user_than_root_and_the_bus_own_is_refused()
    {
        FakePeer peer = Broker.Accept(user: 4711);
        peer.Authenticate();
        _ = peer.ReceiveRaw();

        Assert.That(peer.IsClosed, Is.True);
    }
}
