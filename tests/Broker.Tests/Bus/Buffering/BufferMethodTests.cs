using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>ListBuffers, PeekBuffer and PurgeBuffer of org.xen.xcp.Broker1.</summary>
internal sealed class BufferMethodTests : BufferFixture
{
    [Test]
    public void An_operator_sees_what_waits_for_whom_and_how_long()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Name, "Do", "argument");
        Broker.Pass(TimeSpan.FromMilliseconds(1500));
        Own(out _, Started);

        object[][] listed = [.. ((object[])Ask("ListBuffers").Values().Single()).Cast<object[]>()];
        object[] waiting = listed.Single(buffer => (string)buffer[0] == Name);
        object[] owned = listed.Single(buffer => (string)buffer[0] == Started);
        Assert.That((waiting[1], waiting[3], waiting[4], waiting[5]), Is.EqualTo((1u, 1500ul, false, "nobody has come to own it")));
        Assert.That((owned[1], owned[4], owned[5]), Is.EqualTo((0u, true, "")));
        string shown = System.Text.Encoding.Latin1.GetString(Ask("PeekBuffer", Name).Bytes);
        Assert.That(shown, Does.Contain(caller.UniqueName).And.Contain("org.example.Interface").And.Contain("Do").And.Contain("argument"));
    }

    [Test]
    public void A_purge_answers_every_caller_and_says_how_many_messages_went()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Name, "Do");
        caller.EmitTo(Name, "Signal");

        Assert.That(Ask("PurgeBuffer", Name).Number(), Is.EqualTo(2));
        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} Failed"]));
        Assert.That(Own(out _), Is.Empty);
    }

    [TestCase("PeekBuffer")]
    [TestCase("PurgeBuffer")]
    public void A_name_without_a_buffer_has_none(string method) =>
        Assert.That(Ask(method, "org.example.None").ErrorName, Does.EndWith(".InvalidArgs"));

    [Test]
    public void What_waits_is_told_to_root_and_the_user_of_the_bus_alone()
    {
        Begin(declaration => declaration, policy: PolicyFixture.Read(PolicyFixture.Open));
        Assert.That(Ask(Broker.Connect(user: 4711), "ListBuffers").ErrorName, Does.EndWith(".AccessDenied"));
        Assert.That(Ask(Broker.Connect(user: 0), "ListBuffers").ErrorName, Is.Null);
        Assert.That(Ask(Broker.Connect(user: InMemoryBroker.OwnUser), "ListBuffers").ErrorName, Is.Null);
    }

    private static PeerMessage Ask(FakePeer peer, string method, params string[] arguments) => peer.ReceiveReply(
        peer.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", method, [.. arguments]));

    private PeerMessage Ask(string method, params string[] arguments) => Ask(Broker.Connect(), method, arguments);
}
