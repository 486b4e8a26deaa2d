using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

/// <summary>X-XCP-Ack=explicit.</summary>
internal sealed class AcknowledgeTests : DurableFixture
{
    private readonly MessageBuilder _builder = new();

    public AcknowledgeTests() => Begin(declaration => declaration with { NeedsAck = true });

    [Test]
    public void A_message_stays_until_its_receiver_acknowledges_it()
    {
        FakePeer sender = Broker.Connect();
        Post(sender, "First");
        Post(sender, "Second");
        FakePeer owner = Own();
        Assert.That(Consume(owner), Is.EqualTo(["First()", "Second()"]));
        uint ack = Acknowledge(owner, 1, _builder);

        Assert.That(owner.Hear(), Is.EqualTo([$"return {ack}()"]));
        owner.Close();
        Assert.That(Consume(Own()), Is.EqualTo(["Second()"]));
    }

    [Test]
    public void An_acknowledgement_is_answered_when_it_is_on_disk()
    {
        Post(Broker.Connect(), "Do");
        FakePeer owner = Own();
        Consume(owner);
        Store.IsSlow = true;
        uint ack = Acknowledge(owner, 1, _builder);
        Assert.That(owner.Hear(), Is.Empty);

        Store.Finish();
        Assert.That(owner.Hear(), Is.EqualTo([$"return {ack}()"]));
        Restart();
        Assert.That(Consume(Own()), Is.Empty);
    }

    [TestCase(2ul)]
    [TestCase(0ul)]
    [TestCase(ulong.MaxValue)]
    public void Only_what_was_delivered_can_be_acknowledged(ulong sequence)
    {
        Post(Broker.Connect(), "Do");
        FakePeer owner = Own();
        Consume(owner);
        uint ack = Acknowledge(owner, sequence, _builder);

        Assert.That(owner.Hear(), Is.EqualTo([$"error {ack} InvalidArgs"]));
    }

    [Test]
    public void Nobody_acknowledges_for_another()
    {
        Post(Broker.Connect(), "Do");
        Own();
        FakePeer other = Broker.Connect();
        uint ack = Acknowledge(other, 1, _builder);

        Assert.That(other.Hear(), Is.EqualTo([$"error {ack} InvalidArgs"]));
    }

    [Test]
    public void A_receiver_learns_the_numbers_of_what_it_has()
    {
        FakePeer sender = Broker.Connect();
        uint post = Post(sender, "Do");
        FakePeer owner = Own();
        Consume(owner);
        uint list = owner.CallOn("org.freedesktop.DBus", "/org/xen/xcp/broker", "org.xen.xcp.Broker1", "ListDeliveries", Name);

        object[] delivery = (object[])((object[])owner.ReceiveReply(list).Values().Single()).Single();
        Assert.That(delivery, Is.EqualTo((object[])[1ul, sender.UniqueName, post, 1u]));
    }
}
