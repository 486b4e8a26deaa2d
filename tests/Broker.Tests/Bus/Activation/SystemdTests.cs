using XcpBroker.Metrics;
using XcpBroker.Protocol.Messages;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Activation;

/// <summary>--systemd-activation, with systemd as a peer of the bus.</summary>
internal sealed class SystemdTests : ActivationFixture
{
    private const string Systemd = "org.freedesktop.systemd1";

    [SetUp]
    public void Use_systemd() => Begin(options: options => options with { UsesSystemd = true });

    [Test]
    public void Systemd_is_asked_for_the_unit_and_the_rest_is_as_ever()
    {
        FakePeer systemd = Broker.Connect();
        systemd.RequestName(Systemd);
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Unit, "Do");

        Assert.That(systemd.Hear(), Is.EqualTo(["ActivationRequest(example.service)"]));
        Assert.That(Starter.Processes, Is.Empty);
        FakePeer service = Broker.Connect();
        service.Call("RequestName", Unit, 0);
        Assert.That(service.Hear()[1], Is.EqualTo($"call {call} Do()"));
    }

    [Test]
    public void What_has_no_unit_is_run()
    {
        Broker.Connect().CallPeer(Service, "Do");

        Assert.That(Starter.Processes, Has.Count.EqualTo(1));
    }

    [Test]
    public void What_is_to_be_said_to_systemd_waits_for_it()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Unit, "Do");
        uint direct = caller.CallPeer(Systemd, "StartUnit");
        FakePeer systemd = Broker.Connect();
        systemd.Call("RequestName", Systemd, 0);

        List<string> heard = systemd.Hear();
        Assert.That(heard[0], Is.EqualTo($"NameAcquired({Systemd})"));
        Assert.That(heard.GetRange(1, 2), Is.EqualTo(["ActivationRequest(example.service)", $"call {direct} StartUnit()"]));
    }

    [Test]
    public void Monitors_see_once_what_waits_for_systemd_and_when_it_begins_to_wait()
    {
        FakePeer monitor = Broker.Connect(user: 0);
        monitor.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", Array.Empty<string>(), 0u);
        monitor.Hear();
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Unit, "Do");
        Assert.That(monitor.Hear().TakeLast(2), Is.EqualTo(["ActivationRequest(example.service)", $"call {call} Do()"]), "as with dbus-daemon, in this order");

        FakePeer systemd = Broker.Connect();
        systemd.Call("RequestName", Systemd, 0);
        Assert.That(systemd.Hear(), Has.Exactly(1).EqualTo("ActivationRequest(example.service)"));
        Assert.That(monitor.Hear(), Has.None.StartsWith("ActivationRequest"));
    }

    [Test]
    public void Monitors_see_which_messages_a_failure_ends_and_then_the_failure()
    {
        FakePeer systemd = Broker.Connect();
        systemd.RequestName(Systemd);
        FakePeer caller = Broker.Connect();
        caller.EmitTo(Unit, "Happened");
        FakePeer monitor = Broker.Connect(user: 0);
        monitor.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", Array.Empty<string>(), 0u);
        monitor.Hear();
        Fail(systemd, "example.service", "org.example.Error.Masked", "");

        List<Peers.Raw.PeerMessage> seen = monitor.ReceiveAll();
        Assert.That(seen.ConvertAll(message => message.ErrorName ?? message.Member), Is.EqualTo(["org.example.Error.Masked", "ActivationFailure"]));
        Assert.That(seen[0].Destination, Is.EqualTo(caller.UniqueName));
        Assert.That(caller.Hear(), Is.Empty);
    }

    [Test]
    public void A_start_that_is_over_is_not_asked_for_when_systemd_comes()
    {
        FakePeer caller = Broker.Connect();
        caller.CallPeer(Unit, "Do");
        Broker.Pass(StartTimeout);
        Assert.That(caller.Hear().Single(), Does.EndWith(" TimedOut"));
        FakePeer systemd = Broker.Connect();
        systemd.Call("RequestName", Systemd, 0);

        Assert.That(systemd.Hear(), Has.None.StartsWith("ActivationRequest"));
    }

    [Test]
    public void CVE_2015_0245_a_failure_counts_from_the_owner_of_systemds_name_only()
    {
        FakePeer systemd = Broker.Connect();
        systemd.RequestName(Systemd);
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Unit, "Do");
        FakePeer forger = Broker.Connect();
        Fail(forger, "example.service", "org.freedesktop.DBus.Error.Failed", "%n%s");
        Fail(systemd, "other.service", "org.freedesktop.DBus.Error.Failed", "");
        Assert.That(caller.Hear(), Is.Empty);
        Fail(systemd, "example.service", "org.example.Error.Masked", "%n%s");

        Peers.Raw.PeerMessage answer = caller.Receive();
        Assert.That((answer.ReplySerial, answer.ErrorName, answer.FirstString), Is.EqualTo((call, "org.example.Error.Masked", "%n%s")));
        Assert.That(Broker.Bus.Counters.Dropped(DropReason.ToBus), Is.EqualTo(1));
    }

    [TestCase("no error name")]
    [TestCase("")]
    public void A_failure_with_no_valid_error_name_is_a_plain_failure(string name)
    {
        FakePeer systemd = Broker.Connect();
        systemd.RequestName(Systemd);
        FakePeer caller = Broker.Connect();
        uint call = caller.CallPeer(Unit, "Do");
        Fail(systemd, "example.service", name, "text");

        Assert.That(caller.Hear(), Is.EqualTo([$"error {call} Failed"]));
    }

    [Test]
    public void Variables_wait_for_systemd_even_if_there_are_none()
    {
        FakePeer caller = Broker.Connect(user: 0);
        caller.SendRaw(new WireMessage(1) { Serial = caller.NextSerial() }
            .Path("/org/freedesktop/DBus").Interface("org.freedesktop.DBus").Member("UpdateActivationEnvironment")
            .Destination("org.freedesktop.DBus").Signature("a{ss}").Build([0, 0, 0, 0, 0, 0, 0, 0]));
        FakePeer systemd = Broker.Connect();
        systemd.Call("RequestName", Systemd, 0);

        Assert.That(systemd.Hear(), Has.Exactly(1).Contains("SetEnvironment("));
        caller.SendRaw(new WireMessage(1) { Serial = caller.NextSerial() }
            .Path("/org/freedesktop/DBus").Interface("org.freedesktop.DBus").Member("UpdateActivationEnvironment")
            .Destination("org.freedesktop.DBus").Signature("a{ss}").Build([0, 0, 0, 0, 0, 0, 0, 0]));
        Assert.That(systemd.Receive().Destination, Is.EqualTo(systemd.UniqueName));
    }

    private static void Fail(FakePeer sender, string unit, string error, string text) => sender.Send(
        new MessageFields
        {
            Type = MessageType.Signal,
            Destination = "org.freedesktop.DBus",
            Path = "/org/freedesktop/systemd1",
            Interface = "org.freedesktop.systemd1.Activator",
            Member = "ActivationFailure",
            Flags = MessageFlags.NoReplyExpected,
        },
        unit, error, text);
}
