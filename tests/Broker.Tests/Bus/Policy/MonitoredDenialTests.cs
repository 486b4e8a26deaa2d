using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Policy;

/// <summary>Monitors see what the policy denies, and behind it the error, also where nobody else is told.</summary>
internal sealed class MonitoredDenialTests : PolicyFixture
{
    private FakePeer _monitor = null!;
    private FakePeer _sender = null!;
    private FakePeer _receiver = null!;

    [Test]
    public void A_signal_that_may_not_be_sent_and_wants_no_answer()
    {
        Connect("""<policy user="1001"><deny send_interface="org.example.Interface"/></policy>""");
        uint broadcast = _sender.Emit("Broadcast");
        uint unicast = _sender.EmitTo(_receiver.UniqueName, "Unicast");

        Assert.That(_sender.Hear(), Is.Empty);
        Assert.That(_monitor.Hear(), Is.EqualTo(["Broadcast()", $"error {broadcast} AccessDenied", "Unicast()", $"error {unicast} AccessDenied"]));
    }

    [Test]
    public void A_signal_that_one_receiver_may_not_have()
    {
        Connect("""<policy user="1002"><deny receive_interface="org.example.Interface"/></policy>""");
        uint serial = _sender.Emit("Broadcast");

        Assert.That(_sender.Hear(), Is.Empty);
        Assert.That(_receiver.Hear(), Is.Empty);
        List<PeerMessage> seen = _monitor.ReceiveAll();
        Assert.That(seen.Select(MessageStory.Tell), Is.EqualTo(["Broadcast()", $"error {serial} AccessDenied"]));
        Assert.That((seen[1].Sender, seen[1].Destination), Is.EqualTo(("org.freedesktop.DBus", _sender.UniqueName)));
    }

    [Test]
    public void A_signal_of_the_bus_that_its_receiver_may_not_have()
    {
        Connect("""<policy user="1002"><deny receive_interface="org.freedesktop.DBus" receive_member="NameAcquired"/></policy>""");
        Assert.That(_receiver.RequestName("org.example.A"), Is.EqualTo(1));

        Assert.That(_receiver.Hear(), Is.Empty);
        List<PeerMessage> seen = _monitor.ReceiveAll();
        uint signal = seen.Single(message => message.Member == "NameAcquired").Serial;
        PeerMessage error = seen.Single(message => message.ErrorName is not null);
        Assert.That((error.ReplySerial, error.Sender, error.Destination), Is.EqualTo((signal, "org.freedesktop.DBus", "org.freedesktop.DBus")));
    }

    /// <summary>A monitor, user 1001 who sends, and user 1002 who listens to all.</summary>
    private void Connect(string rules)
    {
        Rules(Open + rules);
        _monitor = Broker.Connect();
        _sender = Broker.Connect(user: 1001);
        _receiver = Broker.Connect(user: 1002);
        _receiver.AddMatch("type='signal',interface='org.example.Interface'");
        _monitor.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", Array.Empty<string>(), 0u);
        _monitor.ReceiveAll();
        _sender.ReceiveAll();
        _receiver.ReceiveAll();
    }
}
