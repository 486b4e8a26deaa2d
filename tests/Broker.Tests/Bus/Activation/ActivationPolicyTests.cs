using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Metrics;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

/// <summary>A message to an absent service is judged when it is held, by the name, and when it is delivered, by who has come.</summary>
internal sealed class ActivationPolicyTests : ActivationFixture
{
    [TestCase("<deny send_destination='org.example.Service'/>")]
    [TestCase("<deny send_destination='org.example.Service' send_interface='org.example.Interface'/>")]
    public void Who_may_not_send_to_a_service_does_not_start_it(string rule)
    {
        Rules(rule);
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} AccessDenied"]));
        Assert.That(Starter.Processes, Is.Empty);
    }

    [Test]
    public void What_policy_denies_is_counted_as_denied_and_not_as_a_start_that_failed()
    {
        Rules("<deny send_destination='org.example.Service'/>");
        Broker.Connect().EmitTo(Service, "Happened");

        Assert.That((Broker.Bus.Counters.MessagesDenied, Broker.Bus.Counters.Dropped(DropReason.NotStarted)), Is.EqualTo((1ul, 0ul)));
    }

    // The rules, and whether StartServiceByName may start org.example.Service.
    [TestCase("<deny send_destination='org.example.Service'/>", false)]
    [TestCase("<deny send_destination='org.example.Other'/>", true)]
    [TestCase("<deny send_destination='org.example.Service' send_interface='org.example.Interface'/>", true)]
    [TestCase("<deny send_destination='org.example.Service'/><allow send_destination='org.example.Service' send_path='/a' send_member='Do'/>", true)]
    [TestCase("<allow send_destination='org.example.Service' send_path='/a' send_member='Do'/><deny send_destination='org.example.Service'/>", false)]
    [TestCase("<deny send_type='method_call'/><allow send_destination='org.freedesktop.DBus'/>", false)]
    [TestCase("<deny send_type='method_call'/><allow send_destination='org.freedesktop.DBus'/><allow send_destination='org.example.Service' send_path='/a'/>", true)]
    public void Only_who_may_send_something_to_a_service_may_start_it(string rules, bool mayStart)
    {
        Rules(rules);
        FakePeer caller = Broker.Connect();
        uint call = caller.Call("StartServiceByName", Service, 0);

        Assert.That(Starter.Processes, Has.Count.EqualTo(mayStart ? 1 : 0));
        Assert.That(caller.Hear(), Is.EqualTo(mayStart ? [] : new[] { $"error {call} AccessDenied" }));
    }

    [Test]
    public void CVE_2014_3477_what_the_owner_may_not_receive_is_refused_to_its_sender_and_the_owner_keeps_its_name()
    {
        Rules("<deny receive_interface='org.example.Interface' receive_member='Secret'/>");
        FakePeer caller = Broker.Connect();
        uint open = caller.CallPeer(Service, "Open");
        uint secret = caller.CallPeer(Service, "Secret");
        FakePeer service = Broker.Connect();
        uint request = service.Call("RequestName", Service, 0);

        Assert.That(service.Hear(), Is.EqualTo([$"NameAcquired({Service})", $"call {open} Open()", $"return {request}(1)"]));
        Assert.That(caller.Hear(), Is.EqualTo([$"error {secret} AccessDenied"]));
    }

    [Test]
    public void What_waits_is_judged_by_the_other_names_of_who_comes_too()
    {
        Rules("<deny send_destination='org.example.Other'/>");
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do");
        FakePeer service = Broker.Connect();
        service.RequestName(Other);
        service.RequestName(Service);

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} AccessDenied"]));
    }

    [Test]
    public void The_names_of_a_sender_that_is_gone_still_count()
    {
        Rules("<deny receive_interface='org.example.Interface'/><allow receive_sender='org.example.Teller'/>");
        FakePeer teller = Broker.Connect();
        FakePeer other = Broker.Connect();
        teller.RequestName("org.example.Teller");
        teller.EmitTo(Service, "Told");
        other.EmitTo(Service, "NotTold");
        teller.Close();
        other.Close();
        FakePeer service = Broker.Connect();
        service.Call("RequestName", Service, 0);

        Assert.That(service.Hear(), Does.Contain("Told()").And.None.Contain("NotTold"));
    }

    [Test]
    public void An_eavesdropper_gets_a_copy_when_the_message_is_delivered()
    {
        Rules("<allow receive_sender='*' eavesdrop='true'/>");
        FakePeer eavesdropper = Broker.Connect();
        eavesdropper.AddMatch("eavesdrop='true',member='Do'");
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Service, "Do", new string('a', 20_000));
        Assert.That(eavesdropper.Hear(), Is.Empty);
        FakePeer service = Broker.Connect();
        service.Call("RequestName", Service, 0);

        Assert.That(eavesdropper.Receive().Serial, Is.EqualTo(call));
        Assert.That(service.Hear()[1], Does.StartWith($"call {call} Do("));
    }

    private void Rules(string rules) =>
        Begin(policy: PolicyFixture.Read($"{PolicyFixture.Open}<policy context='default'>{rules.Replace('\'', '"')}</policy>"));
}
