using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Config;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Reloading;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Reloading;

/// <summary>ReloadConfig: what was read is in force when it answers, as a whole or not at all.</summary>
internal sealed class ReloadTests : PolicyFixture
{
    private readonly Queue<Action> _elsewhere = new();
    private ConfigurationReading _next;
    private int _readings;

    [SetUp]
    public void A_bus_whose_configuration_is_read_when_the_test_says_so()
    {
        Broker.Dispose();
        Broker = new InMemoryBroker(policy: Read(Open), source: new ConfigurationSource
        {
            Read = () =>
            {
                _readings++;
                return _next;
            },
            RunElsewhere = _elsewhere.Enqueue,
        });
        Says(Open);
    }

    [Test]
    public void The_answer_comes_when_the_new_rules_are_in_force()
    {
        FakePeer admin = Broker.Connect();
        FakePeer other = Broker.Connect();
        Says(Open + """<policy context="default"><deny own="org.example.Name"/></policy>""");
        uint serial = admin.Call("ReloadConfig");
        Assert.That(admin.Hear(), Is.Empty);
        Assert.That(other.Ask("RequestName", "org.example.Name", 0u).ErrorName, Is.Null, "not read yet");
        other.Ask("ReleaseName", "org.example.Name");

        ReadNow();

        Assert.That(admin.ReceiveReply(serial).ErrorName, Is.Null);
        Assert.That(other.Ask("RequestName", "org.example.Name", 0u).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(LogLines("read again"), Is.Empty, "there is no file that could be named");
    }

    [Test]
    public void Names_and_connections_are_kept_whatever_the_new_rules_say()
    {
        FakePeer owner = Broker.Connect();
        owner.RequestName("org.example.Name");
        Says("""<policy context="mandatory"><deny user="*"/><deny own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy>""");
        uint serial = owner.Call("ReloadConfig");
        ReadNow();

        Assert.That(owner.ReceiveReply(serial).ErrorName, Is.Null);
        Assert.That(owner.Ask("GetNameOwner", "org.example.Name").FirstString, Is.EqualTo(owner.UniqueName));
    }

    [Test]
    public void A_wrong_file_changes_nothing_and_its_caller_is_told_where_it_is_wrong()
    {
        FakePeer admin = Broker.Connect();
        _next = new ConfigurationReading(null, "/etc/bus.conf:3:5: no such element");
        uint serial = admin.Call("ReloadConfig");
        ReadNow();

        PeerMessage answer = admin.ReceiveReply(serial);
        Assert.That((answer.ErrorName, answer.FirstString), Is.EqualTo((ErrorNames.Failed, "The configuration stays as it is: /etc/bus.conf:3:5: no such element")));
        Assert.That(LogLines("/etc/bus.conf:3:5: no such element"), Has.Exactly(1).Items);
        Assert.That(admin.Ask("RequestName", "org.example.Name", 0u).ErrorName, Is.Null);
    }

    [Test]
    public void Limits_are_changed_for_those_who_are_there()
    {
        FakePeer peer = Broker.Connect();
        _next = new ConfigurationReading(
            InMemoryBroker.Options(DefaultLimits.Embedded with { MaxNamesPerConnection = 2, ReplyTimeout = TimeSpan.FromSeconds(1) }, Read(Open)), null);
        uint call = peer.CallPeer(Broker.Connect().UniqueName, "Wait");
        Reload(peer);

        peer.RequestName("org.example.A");
        PeerMessage refused = peer.Ask("RequestName", "org.example.B", 0u);
        Assert.That(refused.ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));
        Broker.Pass(TimeSpan.FromSeconds(1.1));
        Assert.That(peer.ReceiveReply(call).ErrorName, Is.EqualTo(ErrorNames.NoReply));
    }

    [Test]
    public void Who_asks_during_a_reading_is_answered_by_one_that_begins_later()
    {
        FakePeer first = Broker.Connect();
        FakePeer second = Broker.Connect();
        uint before = first.Call("ReloadConfig");
        uint during = second.Call("ReloadConfig");
        uint again = second.Call("ReloadConfig");

        ReadNow();
        Assert.That(first.ReceiveReply(before).ErrorName, Is.Null);
        Assert.That(second.Hear(), Is.Empty);

        ReadNow();
        Assert.That(second.ReceiveAll().Select(answer => (answer.ReplySerial, answer.ErrorName)), Is.EqualTo(((uint, string?)[])[(during, null), (again, null)]));
        Assert.That(_readings, Is.EqualTo(2));
    }

    [Test]
    public void One_caller_cannot_hoard_requests()
    {
        FakePeer flood = Broker.Connect();
        FakePeer other = Broker.Connect();
        flood.Call("ReloadConfig");
        uint[] serials = [.. Enumerable.Range(0, 17).Select(_ => flood.Call("ReloadConfig"))];
        uint later = other.Call("ReloadConfig");
        Assert.That(flood.ReceiveReply(serials[^1]).ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));

        ReadNow();
        ReadNow();
        Assert.That(flood.ReceiveReply(serials[15]).ErrorName, Is.Null);
        Assert.That(other.ReceiveReply(later).ErrorName, Is.Null);
    }

    [Test]
    public void A_caller_that_has_left_is_not_answered()
    {
        FakePeer admin = Broker.Connect();
        FakePeer other = Broker.Connect();
        admin.Call("ReloadConfig");
        admin.Close();
        Says(Open + """<policy context="default"><deny own="org.example.Name"/></policy>""");
        ReadNow();

        Assert.That(other.Ask("RequestName", "org.example.Name", 0u).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
    }

    [Test]
    public void All_are_told_before_the_caller_is_answered()
    {
        FakePeer admin = Broker.Connect();
        admin.Ask("AddMatch", "type='signal',member='ActivatableServicesChanged'");
        uint serial = admin.Call("ReloadConfig");
        ReadNow();

        List<PeerMessage> heard = admin.ReceiveAll();
        Assert.That(heard.Select(message => message.Member ?? "answer"), Is.EqualTo((string[])["ActivatableServicesChanged", "answer"]));
        Assert.That(heard[1].ReplySerial, Is.EqualTo(serial));
    }

    [Test]
    public void The_broker_itself_asks_and_is_told()
    {
        bool isDone = false;
        Broker.Bus.Reloader.Request(() => isDone = true);
        Assert.That(isDone, Is.False);
        ReadNow();
        Assert.That(isDone, Is.True);
    }

    [TestCase("<type>xcp</type>", "<type>")]
    [TestCase("<listen>unix:path=/y</listen>", "<listen>")]
    [TestCase("<listen identity='address'>tcp:port=1</listen>", "<listen>")]
    [TestCase("<user>nobody</user><fork/>", "<user>, <fork>")]
    [TestCase("<pidfile>/pid</pidfile><keep_umask/><syslog/>", "<pidfile>, <keep_umask>, <syslog>")]
    [TestCase("<domainstarter>/sbin/start %d</domainstarter>", "<domainstarter>")]
    [TestCase("<auth>EXTERNAL</auth><allow_anonymous/><limit name='auth_timeout'>1</limit>", "")]
    public void What_counts_at_the_start_only_is_said_when_it_changes(string elements, string said)
    {
        FakePeer admin = Broker.Connect();
        string tcp = elements.Contains("tcp:") ? "<listen>tcp:port=1</listen>" : "";
        foreach (string more in (string[])[tcp, elements])
        {
            BusConfiguration configuration = ReadAll(Open + more);
            _next = new ConfigurationReading(InMemoryBroker.Options(policy: configuration.Policy) with { Configuration = configuration }, null);
            Reload(admin);
        }

        Assert.That(LogLines("in force only after a restart"), Is.EqualTo(said.Length == 0 ? [] : (string[])[$"{said}: changed, but in force only after a restart"]));
    }

    private void Says(string policies) => _next = new ConfigurationReading(InMemoryBroker.Options(policy: Read(policies)), null);

    private void Reload(FakePeer peer)
    {
        uint serial = peer.Call("ReloadConfig");
        ReadNow();
        Assert.That(peer.ReceiveReply(serial).ErrorName, Is.Null);
    }

    private void ReadNow()
    {
        _elsewhere.Dequeue()();
        Broker.Run();
    }
}
