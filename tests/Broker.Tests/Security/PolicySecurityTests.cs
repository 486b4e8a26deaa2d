using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Security;

/// <summary>Holes that brokers have had in who may do what; docs/security-history.md has the rows.</summary>
internal sealed class PolicySecurityTests : PolicyFixture
{
    private const string Bus = "org.freedesktop.DBus";

    [Test]
    public void CVE_2008_0595_a_rule_that_names_an_interface_lets_no_call_without_one_in()
    {
        Rules("""
            <policy context="default">
              <allow user="*"/><allow receive_sender="*"/>
              <allow send_destination="org.freedesktop.DBus"/><allow send_interface="org.example.Interface"/>
            </policy>
            """);
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        uint with = caller.CallPeer(callee.UniqueName, "Do");
        uint without = caller.CallOn(callee.UniqueName, "/a", null, "Do");

        Assert.That(callee.Hear(), Is.EqualTo([$"call {with} Do()"]));
        Assert.That(caller.Hear(), Is.EqualTo([$"error {without} AccessDenied"]));
    }

    [Test]
    public void CVE_2013_2168_a_path_of_two_mebibytes_that_is_denied_is_cut_in_the_answer_and_in_the_log()
    {
        Rules(Open + """<policy context="default"><deny send_interface="org.example.Interface"/></policy>""");
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        uint call = caller.CallOn(callee.UniqueName, $"/{new string('a', 2 << 20)}", "org.example.Interface", "Do");

        Assert.That(caller.ReceiveReply(call).FirstString, Has.Length.LessThan(2000).And.Contains("/aaa"));
        string line = Broker.Log.Lines.Select(line => line.Text).Single(text => text.StartsWith("denied", StringComparison.Ordinal));
        Assert.That(line, Has.Length.LessThan(2000).And.Contains("/aaa"));
    }

    [Test]
    public void CVE_2023_34969_a_monitor_and_denied_messages_that_nobody_can_answer()
    {
        Rules(Open + """
            <policy context="default">
              <deny send_interface="org.example.Interface"/>
              <deny receive_interface="org.freedesktop.DBus" receive_member="NameAcquired"/>
            </policy>
            """);
        FakePeer monitor = Broker.Connect();
        monitor.CallOn(Bus, "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", Array.Empty<string>(), 0u);
        FakePeer early = Broker.Accept();
        early.Authenticate();
        early.CallPeer(":1.0", "Do");
        FakePeer peer = Broker.Connect();
        monitor.ReceiveAll();
        peer.Emit("Tick");
        peer.Send(new MessageFields { Type = MessageType.MethodReturn, Destination = peer.UniqueName, ReplySerial = 9 });
        peer.Send(new MessageFields { Type = MessageType.Error, ErrorName = "a.b", Destination = Bus, ReplySerial = 9 });
        uint call = peer.Send(new MessageFields
        {
            Type = MessageType.MethodCall,
            Destination = peer.UniqueName,
            Path = "/a",
            Interface = "org.example.Interface",
            Member = "Do",
            Flags = MessageFlags.NoReplyExpected,
        });
        Assert.That(peer.Hear(), Has.None.StartsWith($"error {call} "));
        peer.Close();

        List<string> seen = monitor.Hear();
        Assert.That(seen[0], Is.EqualTo("Tick()"));
        Assert.That(seen, Has.Some.EqualTo($"error {call} AccessDenied"));
        Assert.That(monitor.IsClosed, Is.False);
        Assert.That(Broker.Connect().Ask("GetId").ErrorName, Is.Null);
    }

    [Test]
    public void CVE_2024_34397_signals_that_pass_for_the_buss_own_reach_nobody()
    {
        FakePeer listener = Broker.Connect();
        listener.AddMatch("type='signal'");
        FakePeer forger = Broker.Connect();
        listener.ReceiveAll();
        forger.Signal("/org/freedesktop/DBus", Bus, "NameOwnerChanged", "org.example.A", "", forger.UniqueName);
        forger.SendRaw(new WireMessage(4) { Serial = 70, Flags = 1 }
            .Sender(Bus).Path("/org/freedesktop/DBus").Interface(Bus).Member("NameAcquired").Destination(listener.UniqueName).Build());

        Assert.That(listener.Hear(), Is.Empty);
    }

    [TestCase("GetConnectionCredentials")]
    [TestCase("GetConnectionUnixUser")]
    [TestCase("GetConnectionUnixProcessID")]
    public void CVE_2021_3560_who_is_gone_has_no_credentials(string method)
    {
        FakePeer service = Broker.Connect();
        FakePeer caller = Broker.Connect();
        caller.CallPeer(service.UniqueName, "Authorize");
        caller.Close();

        Assert.That(service.Ask(method, caller.UniqueName).ErrorName, Is.EqualTo("org.freedesktop.DBus.Error.NameHasNoOwner"));
    }
}
