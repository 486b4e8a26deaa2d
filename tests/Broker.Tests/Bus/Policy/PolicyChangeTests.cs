using XcpBroker.Protocol;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Policy;

/// <summary>Another policy holds for those who are there: for their further messages, not for what they have.</summary>
internal sealed class PolicyChangeTests : PolicyFixture
{
    [Test]
    public void Further_messages_are_judged_by_the_new_rules_and_names_are_kept()
    {
        Rules(Open);
        FakePeer service = Broker.Connect();
        FakePeer caller = Broker.Connect();
        service.RequestName("org.example.Name");
        caller.CallPeer("org.example.Name", "Do");
        Assert.That(service.Hear(), Has.Count.EqualTo(1));

        Broker.Bus.Gate.Apply(Read(Open + """<policy context="default"><deny own="*"/><deny send_destination="org.example.Name"/></policy>"""), Broker.Bus.Connections);
        uint serial = caller.CallPeer("org.example.Name", "Do");
        Assert.That(caller.ReceiveReply(serial).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(caller.Ask("GetNameOwner", "org.example.Name").FirstString, Is.EqualTo(service.UniqueName));
        Assert.That(caller.Ask("RequestName", "org.example.Other", 0u).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));

        Broker.Bus.Gate.Apply(Read(Open), Broker.Bus.Connections);
        caller.CallPeer("org.example.Name", "Do");
        Assert.That(service.Hear(), Has.Count.EqualTo(1));
    }
}
