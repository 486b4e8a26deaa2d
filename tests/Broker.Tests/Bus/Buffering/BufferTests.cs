using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config.Services;
using XcpBroker.Metrics;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Buffering;

internal sealed class BufferTests : BufferFixture
{
    [Test]
    public void Messages_wait_in_order_and_reach_the_owner_before_anything_newer_and_the_caller_gets_its_answer()
    {
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        uint call = one.CallPeer(Name, "A");
        two.EmitTo(Name, "B");
        uint oneWay = one.Send(OneWay("C"));
        uint last = two.CallPeer(Name, "D");
        Assert.That(one.Hear(), Is.Empty);

        List<string> heard = Own(out FakePeer owner);
        Assert.That(heard, Is.EqualTo([$"call {call} A()", "B()", $"call {oneWay} C()", $"call {last} D()"]));
        uint newer = one.CallPeer(Name, "E");
        Assert.That(owner.Hear(), Is.EqualTo([$"call {newer} E()"]));
        Assert.That(Broker.Bus.Counters.BufferDelivered, Is.EqualTo(4));
    }

    [Test]
    public void Who_wants_nothing_started_does_not_wait()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.Send(OneWay("Do", MessageFlags.NoAutoStart));

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} NameHasNoOwner"]));
        Assert.That(Broker.Bus.BufferTable.Totals.Count, Is.Zero);
    }

    [Test]
    public void StartServiceByName_waits_for_the_owner()
    {
        FakePeer caller = Broker.Connect();
        uint start = caller.Call("StartServiceByName", Name, 0);
        Assert.That(caller.Hear(), Is.Empty);
        Own(out _);

        Assert.That(caller.Hear(), Is.EqualTo([$"return {start}(1)"]));
    }

    [Test]
    public void A_call_of_StartServiceByName_has_the_limits_of_any_other_call()
    {
        Begin(declaration => declaration with { MaxMessages = 4 });
        FakePeer caller = Broker.Connect();
        uint first = caller.Call("StartServiceByName", Name, 0);
        uint second = caller.CallPeer(Name, "Do");
        uint third = caller.Call("StartServiceByName", Name, 0);
        Assert.That(caller.Hear(), Is.EqualTo([$"error {third} LimitsExceeded"]));
        Assert.That(Own(out _), Is.EqualTo([$"call {second} Do()"]));

        Assert.That(caller.Hear(), Is.EqualTo([$"return {first}(1)"]));
    }

    [Test]
    public void A_declared_name_that_cannot_be_started_is_not_listed() =>
        Assert.That(MessageStory.Tell(Broker.Connect().AskWell("ListActivatableNames")), Does.Contain(Started).And.Not.Contain(Name));

    [Test]
    public void Calls_time_out_and_the_rest_lives_longer()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Name, "Call");
        uint start = caller.Call("StartServiceByName", Name, 0);
        caller.EmitTo(Name, "Signal");
        Broker.Pass(TimeSpan.FromSeconds(20));
        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} TimedOut", $"error {start} TimedOut"]));
        Assert.That(Own(out FakePeer owner), Is.EqualTo(["Signal()"]));

        owner.Close();
        caller.EmitTo(Name, "Late");
        Broker.Pass(TimeSpan.FromHours(1));
        Assert.That(Own(out _), Is.Empty);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.BufferExpired), Is.EqualTo(1));
        Assert.That(Broker.Bus.Counters.BufferExpired, Is.EqualTo(3));
    }

    [Test]
    public void That_calls_time_out_is_said_once_for_a_name_and_how_many_when_it_has_ended()
    {
        FakePeer caller = Broker.Connect();
        for (int i = 0; i < 3; i++)
        {
            caller.CallPeer(Name, "Call");
        }

        caller.CallPeer(Started, "Call");
        Broker.Pass(TimeSpan.FromSeconds(20));
        Assert.That(TimeOuts(), Is.EqualTo([
            $"nobody has come to own {Name} within 20 s: calls to it time out, the first one is org.example.Interface.Call of {caller.UniqueName}",
            $"nobody has come to own {Started} within 20 s: calls to it time out, the first one is org.example.Interface.Call of {caller.UniqueName}"]));

        Broker.Pass(TimeSpan.FromSeconds(60));
        Broker.Pass(TimeSpan.FromSeconds(60));
        Assert.That(TimeOuts().Skip(2), Is.EqualTo([$"3 calls to {Name} have timed out"]));
        caller.CallPeer(Name, "Call");
        Broker.Pass(TimeSpan.FromSeconds(20));
        Assert.That(TimeOuts().Count(), Is.EqualTo(4), "another episode");
    }

    [Test]
    public void Who_has_left_is_judged_by_the_policy_at_delivery_too()
    {
        FakePeer sender = Broker.Connect();
        sender.EmitTo(Name, "Allowed");
        sender.EmitTo(Name, "Denied");
        sender.Close();
        string denial = "<policy context='mandatory'><deny send_interface='org.example.Interface' send_member='Denied'/></policy>";
        Broker.Bus.Gate.Apply(PolicyFixture.Read(PolicyFixture.Open + denial), Broker.Bus.Connections);

        Assert.That(Own(out _), Is.EqualTo(["Allowed()"]));
    }

    [Test]
    public void A_call_that_the_policy_at_delivery_denies_is_an_error_for_its_caller_and_costs_the_others_nothing()
    {
        FakePeer caller = Broker.Connect();
        uint denied = caller.CallPeer(Name, "Denied");
        uint allowed = caller.CallPeer(Name, "Allowed");
        string denial = "<policy context='mandatory'><deny receive_interface='org.example.Interface' receive_member='Denied'/></policy>";
        Broker.Bus.Gate.Apply(PolicyFixture.Read(PolicyFixture.Open + denial), Broker.Bus.Connections);
        List<string> heard = Own(out FakePeer owner);
        owner.Close();

        Assert.That(heard, Is.EqualTo([$"call {allowed} Allowed()"]));
        Assert.That(caller.Hear(), Is.EqualTo([$"error {denied} AccessDenied", $"error {allowed} NoReply"]));
    }

    [Test]
    public void A_caller_that_has_left_is_called_for_nothing_but_what_it_told_is_told()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Name, "Call");
        caller.EmitTo(Name, "Signal");
        caller.Close();

        Assert.That(Own(out _), Is.EqualTo(["Signal()"]));
        Assert.That(Broker.Bus.Replies.Count, Is.Zero);
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.CallerGone), Is.EqualTo(1));
    }

    [Test]
    public void No_sender_gets_more_than_half_of_what_the_others_leave()
    {
        Begin(declaration => declaration with { MaxMessages = 12 });
        FakePeer greedy = Broker.Connect();
        uint[] calls = [.. Enumerable.Range(0, 8).Select(_ => greedy.CallPeer(Name, "Do"))];
        Assert.That(greedy.Hear(), Is.EqualTo([$"error {calls[6]} LimitsExceeded", $"error {calls[7]} LimitsExceeded"]));

        FakePeer modest = Broker.Connect();
        modest.CallPeer(Name, "Do");
        modest.CallPeer(Name, "Do");
        Assert.That(modest.Hear(), Is.Empty);
        Assert.That(Own(out _), Has.Count.EqualTo(8));
    }

    [Test]
    public void That_a_buffer_is_full_is_said_once_until_half_of_it_has_gone_to_who_may_know()
    {
        Begin(declaration => declaration with { MaxMessages = 8 }, policy: PolicyFixture.Read(PolicyFixture.Open));
        FakePeer root = Broker.Connect(user: 0);
        FakePeer stranger = Broker.Connect(user: 7);
        root.AddMatch("member='BufferFull'");
        stranger.AddMatch("member='BufferFull'");
        FakePeer caller = Broker.Connect();
        for (int i = 0; i < 6; i++)
        {
            caller.CallPeer(Name, "Do");
        }

        string[] once = [$"BufferFull({Name},{caller.UniqueName},4,{Buffer.Waiting.Bytes})"];
        Assert.That(root.Hear(), Is.EqualTo(once));
        Assert.That(stranger.Hear(), Is.Empty);
        Assert.That(Broker.Log.Lines.Count(line => line.Text.Contains("is full for")), Is.EqualTo(1));

        Broker.Pass(TimeSpan.FromSeconds(20));
        for (int i = 0; i < 5; i++)
        {
            caller.CallPeer(Name, "Do");
        }

        Assert.That(root.Hear(), Is.EqualTo(once));
    }

    [Test]
    public void Bytes_are_shared_out_likewise()
    {
        Begin(declaration => declaration with { MaxBytes = 2000 });
        FakePeer caller = Broker.Connect();
        uint tooLong = caller.CallPeer(Name, "Do", new string('a', 1000));
        caller.CallPeer(Name, "Do", new string('a', 500));

        Assert.That(caller.Hear(), Is.EqualTo([$"error {tooLong} LimitsExceeded"]));
    }

    [Test]
    public void A_full_share_can_drop_its_oldest_message_instead_and_never_another_senders()
    {
        Begin(declaration => declaration with { MaxMessages = 4, DropsOldest = true });
        FakePeer other = Broker.Connect();
        uint kept = other.CallPeer(Name, "Kept");
        FakePeer caller = Broker.Connect();
        uint first = caller.CallPeer(Name, "A");
        uint second = caller.CallPeer(Name, "B");
        uint third = caller.CallPeer(Name, "C");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {first} LimitsExceeded", $"error {second} LimitsExceeded"]));
        Assert.That(Own(out _), Is.EqualTo([$"call {kept} Kept()", $"call {third} C()"]));
        Assert.That(other.Hear(), Is.Empty);
    }

    [Test]
    public void What_policy_denies_is_counted_as_denied_and_not_as_refused_by_a_buffer()
    {
        Begin(declaration => declaration, policy: PolicyFixture.Read(PolicyFixture.Open + "<policy context='mandatory'><deny send_destination='" + Name + "'/></policy>"));
        Broker.Connect().Send(OneWay("Do"));

        Assert.That(Broker.Bus.Counters.MessagesDenied, Is.EqualTo(1));
        Assert.That((Broker.Bus.Counters.BufferRefused, Broker.Bus.Counters.Dropped(DropReason.BufferFull)), Is.EqualTo((0ul, 0ul)));
    }

    [Test]
    public void A_one_way_message_that_finds_no_room_is_counted_as_dropped()
    {
        Begin(declaration => declaration with { MaxMessages = 2 });
        FakePeer caller = Broker.Connect();
        caller.Send(OneWay("A"));
        caller.Send(OneWay("B"));

        Assert.That((Broker.Bus.Counters.BufferRefused, Broker.Bus.Counters.Dropped(DropReason.BufferFull)), Is.EqualTo((1ul, 1ul)));
    }

    [Test]
    public void The_sender_pays_for_what_waits()
    {
        Begin(declaration => declaration, limits => limits with { MaxOutgoingBytes = 300 });
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Name, "Do", new string('a', 400));
        uint second = caller.CallPeer(Name, "Do");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {second} LimitsExceeded"]));
        Assert.That(Buffer.Waiting.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_declared_service_is_started_and_started_again_while_messages_wait()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Started, "Do");
        Assert.That(Starter.Processes, Has.Count.EqualTo(1));
        Starter.Last.Events.Ended(new XcpBroker.Activation.ServiceExit(1, 0));
        Broker.Run();
        Assert.That(caller.Hear(), Is.Empty);
        Broker.Pass(TimeSpan.FromSeconds(1));
        Assert.That(Starter.Processes, Has.Count.EqualTo(2));

        Assert.That(Own(out _, Started), Is.EqualTo([$"call {call} Do()"]));
        Broker.Pass(TimeSpan.FromMinutes(5));
        Assert.That(Starter.Processes, Has.Count.EqualTo(2));
    }

    [Test]
    public void A_declaration_that_is_withdrawn_holds_nothing_new_and_what_waits_goes_on()
    {
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Name, "Old");
        Broker.Bus.Absent.Apply(ServiceCatalog.Empty, []);
        uint refused = caller.CallPeer(Name, "New");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {refused} ServiceUnknown"]));
        Assert.That(Own(out _), Is.EqualTo([$"call {call} Old()"]));
        Broker.Bus.Absent.Apply(ServiceCatalog.Empty, []);
        Assert.That(Broker.Bus.BufferTable.All, Is.Empty);
    }

    [Test]
    public void A_long_body_waits_with_its_message()
    {
        FakePeer caller = Broker.Connect();
        caller.EmitTo(Name, "Signal", new string('b', 30_000));

        Assert.That(Own(out _).Single(), Does.StartWith("Signal(bbb"));
    }

    private IEnumerable<string> TimeOuts() =>
        Broker.Log.Lines.Select(line => line.Text).Where(text => text.Contains("time out", StringComparison.Ordinal) || text.Contains("timed out", StringComparison.Ordinal));
}
