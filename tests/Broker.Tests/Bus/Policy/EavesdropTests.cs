using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Policy;

/// <summary>eavesdrop='true': copies of what is addressed to others, where both policies let it be.</summary>
internal sealed class EavesdropTests : PolicyFixture
{
    private const string Session = """
        <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
        """;

    [Test]
    public void Calls_and_replies_of_others_are_copied_to_who_asks_for_them()
    {
        Rules(Session);
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        FakePeer listener = Broker.Connect();
        listener.AddMatch("eavesdrop='true',type='method_call',member='Do'");
        listener.AddMatch("eavesdrop='true',type='method_return'");
        uint serial = caller.CallPeer(callee.UniqueName, "Do");
        callee.Reply(callee.Receive(), "done");

        Assert.That(listener.Hear(), Is.EqualTo([$"call {serial} Do()", $"return {serial}(done)"]));
        Assert.That(caller.Hear(), Is.EqualTo([$"return {serial}(done)"]), "it gets one copy");
    }

    [Test]
    public void Nothing_is_copied_without_the_key_or_after_the_rule_has_gone()
    {
        Rules(Session);
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        FakePeer listener = Broker.Connect();
        listener.AddMatch("type='method_call'");
        listener.AddMatch("eavesdrop='true',type='method_call'");
        listener.AskWell("RemoveMatch", "eavesdrop='true',type='method_call'");
        caller.CallPeer(callee.UniqueName, "Do");

        Assert.That(listener.Hear(), Is.Empty);
    }

    [Test]
    public void The_policy_of_type_system_lets_nobody_eavesdrop()
    {
        Rules("""
            <policy context="default">
              <allow user="*"/><allow send_destination="*"/><allow receive_type="method_call"/><allow receive_requested_reply="true"/><allow own="*"/>
            </policy>
            """);
        FakePeer callee = Broker.Connect();
        FakePeer caller = Broker.Connect();
        FakePeer listener = Broker.Connect();
        listener.AddMatch("eavesdrop='true'");
        uint serial = caller.CallPeer(callee.UniqueName, "Do");

        Assert.That(callee.Hear(), Is.EqualTo([$"call {serial} Do()"]));
        Assert.That(listener.Hear(), Is.Empty);
    }

    [Test]
    public void Calls_of_the_bus_are_copied_too()
    {
        Rules(Session);
        FakePeer caller = Broker.Connect();
        FakePeer listener = Broker.Connect();
        listener.AddMatch("eavesdrop='true',member='GetId'");
        uint serial = caller.Call("GetId");

        Assert.That(listener.Hear(), Is.EqualTo([$"call {serial} GetId()"]));
    }
}
