using XcpBroker.Metrics;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

internal sealed class HeldMessageTests : ActivationFixture
{
    private static readonly string[] OnlyDo = ["type='method_call',member='Do'"];

    [Test]
    public void A_call_starts_the_service_and_reaches_it_before_its_RequestName_is_answered()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do", "argument");
        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(Starter.Last.Command.Arguments[0], Is.EqualTo("/bin/service"));

        FakePeer service = Broker.Connect();
        service.AddMatch(NameChanges);
        uint request = service.Call("RequestName", Service, 0);

        List<PeerMessage> came = service.ReceiveAll();
        Assert.That(came.ConvertAll(MessageStory.Tell), Is.EqualTo(
        [
            $"NameOwnerChanged({Service},,:1.1)", $"NameAcquired({Service})", $"call {call} Do(argument)", $"return {request}(1)",
        ]));
        service.Reply(came[2], "done");
        Assert.That(caller.Hear(), Is.EqualTo([$"return {call}(done)"]));
    }

    [Test]
    public void Many_callers_share_one_start_and_their_messages_come_in_the_order_in_which_they_were_sent()
    {
        FakePeer[] callers = [.. Enumerable.Range(0, 3).Select(_ => Broker.Connect())];
        FakePeer starter = Broker.Connect();
        uint started = starter.Call("StartServiceByName", Service, 0);
        callers[0].CallPeer(Service, "One");
        callers[1].EmitTo(Service, "Two");
        callers[2].Send(Call("Three", MessageFlags.NoReplyExpected));
        callers[0].CallPeer(Service, "Four");
        callers[1].CallPeer(Service, "Five");

        Assert.That(Starter.Processes, Has.Count.EqualTo(1));
        FakePeer service = Broker.Connect();
        service.RequestName(Service);

        FakePeer again = Broker.Connect();
        Assert.That(starter.Hear(), Is.EqualTo([$"return {started}(1)"]));
        Assert.That(again.AskWell("StartServiceByName", Service, 0).Number(), Is.EqualTo(2u));
        Assert.That(Starter.Processes, Has.Count.EqualTo(1));
    }

    [Test]
    public void Held_messages_keep_their_order()
    {
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        one.CallPeer(Service, "A");
        two.EmitTo(Service, "B");
        one.Send(Call("C", MessageFlags.NoReplyExpected));
        two.CallPeer(Service, "D");
        FakePeer service = Broker.Connect();
        service.Call("RequestName", Service, 0);
        one.CallPeer(Service, "E");

        Assert.That(string.Join(' ', service.Hear().Select(line => line.Split(' ')[^1])), Is.EqualTo($"NameAcquired({Service}) A() B() C() D() 2(1) E()"));
    }

    [Test]
    public void A_name_that_another_process_takes_lets_the_messages_go_to_it()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");
        FakePeer other = Broker.Connect();
        other.Call("RequestName", Service, 0);

        Assert.That(other.Hear()[1], Is.EqualTo($"call {call} Do()"));
        End(Starter.Last, 3);
        Assert.That(caller.Hear(), Is.Empty);
        Assert.That(Starter.Last.IsKilled, Is.False);
    }

    [Test]
    public void A_second_owner_gets_what_nobody_holds_any_more()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "Do");
        FakePeer first = Broker.Connect();
        first.RequestName(Service);
        first.Close();
        Assert.That(caller.Hear().Single(), Does.EndWith(" NoReply"));

        caller.CallPeer(Service, "Again");
        Assert.That(Starter.Processes, Has.Count.EqualTo(2));
    }

    [Test]
    public void Calls_of_a_caller_that_left_are_dropped_and_what_wants_no_answer_is_kept()
    {
        FakePeer leaving = Broker.Connect();
        FakePeer staying = Broker.Connect();
        leaving.CallPeer(Service, "Waited");
        leaving.Send(Call("Unwaited", MessageFlags.NoReplyExpected));
        leaving.EmitTo(Service, "Signal");
        leaving.Call("StartServiceByName", Service, 0);
        uint call = staying.CallPeer(Service, "Do");
        leaving.Close();
        FakePeer service = Broker.Connect();
        uint request = service.Call("RequestName", Service, 0);

        Assert.That(service.Hear(), Is.EqualTo([$"NameAcquired({Service})", "call 3 Unwaited()", "Signal()", $"call {call} Do()", $"return {request}(1)"]));
    }

    [Test]
    public void Messages_that_may_start_nothing_start_nothing()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.Send(Call("Do", MessageFlags.NoAutoStart));
        caller.Send(Call("Do", MessageFlags.NoAutoStart | MessageFlags.NoReplyExpected));

        Assert.That(Starter.Processes, Is.Empty);
        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} NameHasNoOwner"]));
    }

    [Test]
    public void A_signal_starts_the_service_too()
    {
        Broker.Connect().EmitTo(Service, "Signal");

        Assert.That(Starter.Processes, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_service_that_starts_by_its_own_means_is_waited_for()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(OwnMeans, "Do");
        Assert.That(Starter.Processes, Is.Empty);
        FakePeer service = Broker.Connect();
        service.Call("RequestName", OwnMeans, 0);

        Assert.That(service.Hear()[1], Is.EqualTo($"call {call} Do()"));
    }

    [Test]
    public void No_more_messages_wait_than_max_pending_service_starts()
    {
        Begin(limits => limits with { MaxPendingServiceStarts = 2 });
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "One");
        caller.Call("StartServiceByName", Other, 0);
        uint third = caller.CallPeer(Service, "Three");
        uint fourth = caller.Call("StartServiceByName", Service, 0);
        caller.EmitTo(Service, "Five");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {third} LimitsExceeded", $"error {fourth} LimitsExceeded"]));
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.NotStarted), Is.EqualTo(1));
        FakePeer service = Broker.Connect();
        service.RequestName(Service);
        caller.CallPeer(Other, "FitsAgain");
        Assert.That(caller.Hear(), Is.Empty);
    }

    [Test]
    public void What_waits_is_charged_to_its_sender_and_to_nobody_else()
    {
        Begin(limits => limits with { MaxOutgoingBytes = 1000 });
        FakePeer caller = Broker.Connect();
        FakePeer other = Broker.Connect();
        uint[] calls = [.. Enumerable.Range(0, 3).Select(_ => caller.CallPeer(Service, "Do", new string('a', 400)))];

        Assert.That(caller.Hear(), Is.EqualTo([$"error {calls[2]} LimitsExceeded"]));
        other.CallPeer(Service, "Do");
        Assert.That(other.Hear(), Is.Empty);
        FakePeer service = Broker.Connect();
        service.RequestName(Service);
        caller.CallPeer(Service, "Do");
        Assert.That(caller.Hear(), Is.Empty);
    }

    [Test]
    public void The_limit_of_unanswered_calls_counts_when_the_call_is_delivered()
    {
        Begin(limits => limits with { MaxRepliesPerConnection = 1 });
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "One");
        uint second = caller.CallPeer(Service, "Two");
        Assert.That(caller.Hear(), Is.Empty);
        Broker.Connect().RequestName(Service);

        Assert.That(caller.Hear(), Is.EqualTo([$"error {second} LimitsExceeded"]));
    }

    [Test]
    public void A_long_body_arrives_as_it_was_sent()
    {
        FakePeer caller = Broker.Connect();
        string text = string.Concat(Enumerable.Range(0, 30_000).Select(number => (char)('a' + (number % 26))));
        caller.CallPeer(Service, "Do", text);
        caller.CallPeer(Service, "Other", "x");
        FakePeer service = Broker.Connect();
        service.Call("RequestName", Service, 0);

        Assert.That(service.ReceiveAll()[1].FirstString, Is.EqualTo(text));
    }

    [Test]
    public void A_monitor_sees_a_held_message_once()
    {
        FakePeer monitor = Broker.Connect();
        BecomeMonitor(monitor, OnlyDo);
        Broker.Connect().CallPeer(Service, "Do");
        Broker.Connect().RequestName(Service);

        Assert.That(monitor.Hear().Count(line => line.Contains("Do()", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [Test]
    public void A_caller_that_becomes_a_monitor_waits_for_nothing()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Service, "Do");
        BecomeMonitor(caller);
        FakePeer service = Broker.Connect();
        uint request = service.Call("RequestName", Service, 0);

        Assert.That(service.Hear(), Is.EqualTo([$"NameAcquired({Service})", $"return {request}(1)"]));
    }

    private static void BecomeMonitor(FakePeer peer, params string[] rules) =>
        peer.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", rules, 0);

    private static MessageFields Call(string member, MessageFlags flags) => new()
    {
        Type = MessageType.MethodCall,
        Flags = flags,
        Path = "/a",
        Interface = "org.example.Interface",
        Member = member,
        Destination = Service,
    };
}
