using XcpBroker.Protocol;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Policy;

/// <summary>Who is kept from what, what the caller is told of it, and what only the log is.</summary>
internal sealed class DenialTests : PolicyFixture
{
    private const string DenyDo = Open + """
        <policy context="default"><deny send_interface="org.example.Interface" send_member="Do"/></policy>
        """;

    [Test]
    public void A_denied_call_is_answered_by_AccessDenied_that_says_what_was_refused_and_not_why()
    {
        Rules(DenyDo);
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        uint serial = caller.CallPeer(callee.UniqueName, "Do");
        Peers.Raw.PeerMessage answer = caller.ReceiveReply(serial);

        Assert.That(answer.ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(answer.FirstString, Does.Contain("org.example.Interface.Do of /a to :1.0").And.Contain(caller.UniqueName));
        Assert.That(answer.FirstString, Does.Not.Contain("bus.conf").And.Not.Contain("<deny"));
        Assert.That(callee.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Replies.Count, Is.Zero);
        Assert.That(Broker.Bus.Counters.MessagesDenied, Is.EqualTo(1));
    }

    [Test]
    public void The_log_names_the_rule_and_its_line_once_per_episode_and_then_a_count()
    {
        Rules(DenyDo);
        FakePeer caller = Broker.Connect();
        for (int i = 0; i < 50; i++)
        {
            caller.CallPeer(":1.0", "Do");
        }

        Assert.That(LogLines("denied"), Has.Exactly(1).Items);
        Assert.That(LogLines("denied").Single(), Does.Contain("""<deny send_interface="org.example.Interface" send_member="Do"/> (bus.conf:6)"""));
        Broker.Pass(TimeSpan.FromSeconds(60));
        Broker.Pass(TimeSpan.FromSeconds(60));
        Assert.That(LogLines("50 times").Single(), Does.Contain("bus.conf:6"));
    }

    [Test]
    public void A_denied_call_that_wants_no_answer_gets_none()
    {
        Rules(DenyDo);
        FakePeer caller = Broker.Connect();
        caller.Send(new MessageFields
        {
            Type = MessageType.MethodCall,
            Destination = ":1.0",
            Path = "/a",
            Interface = "org.example.Interface",
            Member = "Do",
            Flags = MessageFlags.NoReplyExpected,
        });

        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(Broker.Bus.Counters.MessagesDenied, Is.EqualTo(1));
    }

    [Test]
    public void A_name_that_may_not_be_owned_is_refused_and_the_rule_logged()
    {
        Rules(Open + """<policy context="mandatory"><deny own_prefix="org.example.Closed"/></policy>""");
        FakePeer peer = Broker.Connect();

        Assert.That(peer.Ask("RequestName", "org.example.Closed.A", 0u).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(peer.Ask("RequestName", "org.example.ClosedNot", 0u).ErrorName, Is.Empty.Or.Null);
        Assert.That(LogLines("may not own").Single(), Does.Contain("org.example.Closed.A").And.Contain("bus.conf:"));
    }

    [Test]
    public void Who_may_not_connect_is_closed_and_the_rule_logged()
    {
        Rules("""<policy context="default"><deny user="*"/></policy><policy context="mandatory"><allow user="1001"/></policy>""");
        FakePeer welcome = Broker.Accept(user: 1001);
        welcome.Authenticate();
        FakePeer other = Broker.Accept(user: 1002);
        other.SendRaw("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        other.ReceiveRaw();

        Assert.That((welcome.IsClosed, other.IsClosed), Is.EqualTo((false, true)));
        Assert.That(LogLines("may not connect").Single(), Does.Contain("uid 1002").And.Contain("bus.conf:3"));
    }

    [Test]
    public void Without_a_rule_only_root_and_the_buss_own_user_connect()
    {
        Rules("""<policy context="default"><allow send_destination="*"/></policy>""");
        Broker.Accept(user: 0).Authenticate();
        Broker.Accept(user: InMemoryBroker.OwnUser).Authenticate();
        FakePeer other = Broker.Accept(user: 1002);
        other.SendRaw("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        other.ReceiveRaw();

        Assert.That(other.IsClosed, Is.True);
    }

    [Test]
    public void Calls_of_the_bus_are_sent_to_org_freedesktop_DBus_and_Hello_needs_no_permission()
    {
        Rules("""<policy context="default"><allow user="*"/><allow receive_sender="*"/></policy><policy user="1001"><allow send_destination="org.freedesktop.DBus"/></policy>""");
        FakePeer free = Broker.Connect(user: 1001);
        FakePeer bound = Broker.Connect(user: 1002);

        Assert.That(free.Ask("GetId").FirstString, Is.EqualTo(InMemoryBroker.Id));
        Assert.That(bound.Ask("GetId").ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
    }

    [Test]
    public void What_may_not_be_received_does_not_arrive_and_its_sender_is_told()
    {
        Rules(Open + """<policy user="1001"><deny receive_interface="org.example.Interface"/></policy>""");
        FakePeer callee = Broker.Connect(user: 1001);
        FakePeer caller = Broker.Connect(user: 1002);
        uint serial = caller.CallPeer(callee.UniqueName, "Do");

        Assert.That(caller.ReceiveReply(serial).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(callee.Hear(), Is.Empty);
    }

    [Test]
    public void A_broadcast_passes_over_whom_the_policy_keeps_from_it()
    {
        Rules(Open + """<policy user="1001"><deny receive_interface="org.example.Interface" receive_member="Tick"/></policy>""");
        FakePeer one = Broker.Connect(user: 1001);
        FakePeer two = Broker.Connect(user: 1002);
        one.AddMatch("member='Tick'");
        two.AddMatch("member='Tick'");
        FakePeer sender = Broker.Connect(user: 1003);
        sender.Emit("Tick");

        Assert.That(one.Hear(), Is.Empty);
        Assert.That(two.Hear(), Is.EqualTo(["Tick()"]));
        Assert.That(sender.Hear(), Is.Empty);
    }

    [Test]
    public void A_reply_that_was_asked_for_and_may_not_pass_ends_the_call_by_an_error()
    {
        Rules(Open + """<policy user="1001"><deny send_type="method_return" send_requested_reply="true"/></policy>""");
        FakePeer callee = Broker.Connect(user: 1001);
        FakePeer caller = Broker.Connect(user: 1002);
        uint serial = caller.CallPeer(callee.UniqueName, "Do");
        callee.Reply(callee.Receive(), "done");

        Assert.That(caller.ReceiveReply(serial).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(Broker.Bus.Replies.Count, Is.Zero);
    }

    [Test]
    public void Messages_of_the_bus_need_the_receivers_permission()
    {
        Rules(Open + """<policy user="1001"><deny receive_sender="org.freedesktop.DBus" receive_interface="org.freedesktop.DBus" receive_member="NameAcquired"/></policy>""");
        FakePeer peer = Broker.Connect(user: 1001);
        peer.Call("RequestName", "org.example.Name", 0u);

        Assert.That(peer.Hear(), Is.EqualTo(["return 2(1)"]));
    }

    [Test]
    public void A_rule_on_a_name_concerns_who_owns_it_and_who_waits_for_it_however_it_is_addressed()
    {
        Rules(Open + """<policy user="1002"><deny send_destination="org.example.Name"/></policy>""");
        FakePeer owner = Broker.Connect();
        FakePeer waiter = Broker.Connect();
        FakePeer caller = Broker.Connect(user: 1002);
        uint before = caller.CallPeer(waiter.UniqueName, "Do");
        Assert.That(waiter.Hear(), Is.EqualTo([$"call {before} Do()"]));
        owner.RequestName("org.example.Name");
        waiter.RequestName("org.example.Name");
        uint[] denied = [caller.CallPeer(owner.UniqueName, "Do"), caller.CallPeer(waiter.UniqueName, "Do"), caller.CallPeer("org.example.Name", "Do")];
        waiter.AskWell("ReleaseName", "org.example.Name");
        uint after = caller.CallPeer(waiter.UniqueName, "Do");

        List<Peers.Raw.PeerMessage> answers = caller.ReceiveAll();
        Assert.That(answers.Select(answer => answer.ReplySerial), Is.EqualTo(denied));
        Assert.That(answers.Select(answer => answer.ErrorName), Is.All.EqualTo(ErrorNames.AccessDenied));
        Assert.That(waiter.Hear(), Is.EqualTo([$"call {after} Do()"]));
    }

    [Test]
    public void An_allow_rule_with_an_interface_never_lets_a_message_without_one_through([Values("system", "session", "xcp")] string type)
    {
        Rules("""
            <policy context="default">
              <allow user="*"/><allow receive_sender="*"/><allow send_destination="org.freedesktop.DBus"/>
              <allow send_interface="org.example.Interface"/>
            </policy>
            """, type);
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        uint with = caller.CallOn(callee.UniqueName, "/a", "org.example.Interface", "Do");
        uint without = caller.CallOn(callee.UniqueName, "/a", null, "Do");

        Assert.That(callee.Hear(), Is.EqualTo([$"call {with} Do()"]));
        Assert.That(caller.ReceiveReply(without).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
    }

    [Test]
    public void Monitors_see_what_was_denied_and_the_error()
    {
        Rules(DenyDo);
        FakePeer caller = Broker.Connect();
        FakePeer monitor = Broker.Connect();
        monitor.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", Array.Empty<string>(), 0u);
        monitor.Hear();
        uint serial = caller.CallPeer(":1.0", "Do");

        Assert.That(monitor.Hear(), Is.EqualTo([$"call {serial} Do()", $"error {serial} AccessDenied"]));
    }
}
