using Microsoft.Extensions.Logging;
using XcpBroker.Broker.Tests.Bus;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Diagnostics;

/// <summary>What a message costs in lines of the log: none, however many there are.</summary>
internal sealed class LogQuietTests : BusFixture
{
    private const int Many = 100;

    private IEnumerable<string> Lines => Broker.Log.Lines.Where(line => line.Level >= LogLevel.Information).Select(line => line.Text);

    [Test]
    public void What_is_routed_or_answered_is_not_logged()
    {
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        callee.RequestName("org.example.A");
        caller.AddMatch("type='signal'");
        for (int i = 0; i < Many; i++)
        {
            uint call = caller.CallPeer("org.example.A", "Do");
            callee.Reply(callee.Receive(), "done");
            Assert.That(caller.ReceiveReply(call).FirstString, Is.EqualTo("done"));
            callee.Emit("Tick");
            caller.CallPeer("org.example.Nobody", "Do");
            caller.Ask("GetNameOwner", "org.example.Nobody");
            caller.Ask("RequestName", "org.example.A", 4u);
            caller.Ask("AddMatch", "no rule");
            FakePeer guest = Broker.Connect();
            guest.CallPeer(callee.UniqueName, "Do");
            callee.Receive();
            guest.Close();
        }

        Assert.That(Lines, Is.Empty);
    }

    [Test]
    public void What_is_dropped_is_one_line_whatever_its_number()
    {
        FakePeer peer = Broker.Connect();
        for (int i = 0; i < Many; i++)
        {
            peer.Send(new MessageFields { Type = MessageType.MethodReturn, Destination = peer.UniqueName, ReplySerial = 9 });
        }

        Assert.That(Lines, Has.Exactly(1).Contains("message dropped"));
        Assert.That(Lines.Count(), Is.EqualTo(1));
    }
}
