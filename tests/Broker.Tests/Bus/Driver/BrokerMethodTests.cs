using XcpBroker.Auth;
using XcpBroker.Broker.Tests.Bus.Policy;
using XcpBroker.Driver;
using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Reloading;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Driver;

/// <summary>org.xen.xcp.Broker1.</summary>
internal sealed class BrokerMethodTests : PolicyFixture
{
    private const string Bus = "org.freedesktop.DBus";

    private const string Policies = """
        <policy context="default">
          <allow user="*"/>
          <allow own="org.example.Service"/>
          <allow send_destination="org.freedesktop.DBus"/>
          <allow send_destination="org.example.Service" send_interface="org.example.Service1"/>
          <allow receive_type="method_call"/>
          <allow receive_type="method_return"/>
          <allow receive_type="error"/>
          <deny receive_interface="org.example.Service1" receive_member="Secret"/>
        </policy>
        """;

    [TestCase("org.example.Service1", "Do", true, "send True bus.conf:7 ", "receive True ")]
    [TestCase("org.example.Service1", "Secret", false, "send True bus.conf:7 ", "receive False bus.conf:11 ")]
    [TestCase("org.example.Other", "Do", false, "send False no rule matches", "receive True ")]
    public void A_message_is_explained_with_the_rules_that_decide(string name, string member, bool isAllowed, string send, string receive)
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();
        FakePeer service = Broker.Connect();
        service.RequestName("org.example.Service");
        object[] answer = Explain(admin, admin.UniqueName, "org.example.Service", "method_call", "/a", name, member);

        Assert.That(answer[0], Is.EqualTo(isAllowed));
        Assert.That(Decisions(answer), Has.Count.EqualTo(2));
        Assert.That(Decisions(answer)[0], Does.StartWith(send));
        Assert.That(Decisions(answer)[1], Does.StartWith(receive));
    }

    [Test]
    public void A_service_that_is_away_is_judged_by_its_name()
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();
        object[] answer = Explain(admin, admin.UniqueName, "org.example.Service", "method_call", "/a", "org.example.Service1", "Do");

        Assert.That(answer[0], Is.EqualTo(true));
        Assert.That(Decisions(answer), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_message_to_the_bus_and_a_signal_for_all_are_explained()
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();

        Assert.That(Explain(admin, admin.UniqueName, Bus, "method_call", "/a", Bus, "GetId")[0], Is.EqualTo(true));
        Assert.That(Explain(admin, admin.UniqueName, "", "signal", "/a", "org.example.Service1", "Happened")[0], Is.EqualTo(false));
    }

    [TestCase(":1.99", "org.example.Service", "method_call", ErrorNames.NameHasNoOwner)]
    [TestCase(":1.0", ":1.99", "method_call", ErrorNames.NameHasNoOwner)]
    [TestCase(":1.0", "no name", "method_call", ErrorNames.NameHasNoOwner)]
    [TestCase(":1.0", "", "reply", ErrorNames.InvalidArgs)]
    public void What_cannot_be_asked_is_an_error(string sender, string destination, string type, string error)
    {
        FakePeer admin = Broker.Connect();
        PeerMessage answer = Ask(admin, "ExplainPolicy", sender, destination, type, "", "", "");

        Assert.That(answer.ErrorName, Is.EqualTo(error));
    }

    [TestCase("no/path", "a.b", "M", "\"no/path\" is not an object path")]
    [TestCase("/", "ab", "M", "\"ab\" is not an interface")]
    [TestCase("/", "a.b", "M.N", "\"M.N\" is not a member")]
    public void What_no_message_can_have_is_no_question(string path, string name, string member, string expected)
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();
        PeerMessage answer = Ask(admin, "ExplainPolicy", admin.UniqueName, Bus, "method_call", path, name, member);

        Assert.That((answer.ErrorName, answer.FirstString), Is.EqualTo((ErrorNames.InvalidArgs, $"{expected}.")));
    }

    [Test]
    public void A_name_is_explained()
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();
        object[] allowed = Ask(admin, "ExplainOwn", admin.UniqueName, "org.example.Service").Values();
        object[] denied = Ask(admin, "ExplainOwn", admin.UniqueName, "org.example.Else").Values();

        Assert.That(allowed[0], Is.EqualTo(true));
        Assert.That((string)allowed[1], Does.StartWith("bus.conf:5 "));
        Assert.That(denied, Is.EqualTo((object[])[false, "no rule matches"]));
        Assert.That(Ask(admin, "ExplainOwn", admin.UniqueName, "no name").ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
        Assert.That(Ask(admin, "ExplainOwn", ":1.99", "a.b").ErrorName, Is.EqualTo(ErrorNames.NameHasNoOwner));
    }

    [Test]
    public void A_text_is_checked_elsewhere_and_so_many_at_a_time()
    {
        Queue<Action> elsewhere = new();
        Broker.Dispose();
        Broker = new InMemoryBroker(source: new ConfigurationSource
        {
            Check = text => new ConfigurationCheck(["wrong: " + StrictUtf8.Instance.GetString(text.Span)], ["careful"]),
            RunElsewhere = elsewhere.Enqueue,
        });
        FakePeer admin = Broker.Connect();
        uint[] serials = [.. Enumerable.Range(0, 5).Select(i => admin.CallOn(Bus, BrokerMethods.Path, BrokerMethods.Interface, "CheckConfig", $"text {i}"))];
        Assert.That(admin.ReceiveReply(serials[4]).ErrorName, Is.EqualTo(ErrorNames.LimitsExceeded));

        while (elsewhere.TryDequeue(out Action? check))
        {
            check();
        }

        Broker.Run();
        List<PeerMessage> answers = admin.ReceiveAll();
        Assert.That(answers.Select(answer => answer.ReplySerial), Is.EqualTo(serials[..4]));
        Assert.That(answers[0].Values(), Is.EqualTo((object[])[false, (object[])["wrong: text 0"], (object[])["careful"]]));
        Assert.That(answers[3].Values()[1], Is.EqualTo((object[])["wrong: text 3"]));
        uint more = admin.CallOn(Bus, BrokerMethods.Path, BrokerMethods.Interface, "CheckConfig", "more");
        elsewhere.Dequeue()();
        Broker.Run();
        Assert.That(admin.ReceiveReply(more).ErrorName, Is.Null);
    }

    [TestCase("CheckConfig")]
    [TestCase("ExplainPolicy")]
    [TestCase("ExplainOwn")]
    [TestCase("PeekBuffer")]
    [TestCase("PurgeBuffer")]
    [TestCase("PeekSetAside")]
    [TestCase("PurgeSetAside")]
    [TestCase("RetrySetAside")]
    public void It_is_for_root_and_the_user_of_the_bus(string member)
    {
        Rules(Policies);
        FakePeer stranger = Broker.Connect(new PeerCredentials { UserId = 4711, ProcessId = 5, GroupIds = [4711] });

        Assert.That(Ask(stranger, member).ErrorName, Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(Ask(Broker.Connect(0), member).ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
    }

    [Test]
    public void Statistics_of_others_are_for_root_and_the_user_of_the_bus()
    {
        Rules(Policies);
        FakePeer admin = Broker.Connect();
        FakePeer stranger = Broker.Connect(new PeerCredentials { UserId = 4711, ProcessId = 5, GroupIds = [4711] });

        Assert.That(Stats(stranger, "GetConnectionStats", stranger.UniqueName), Is.Null);
        Assert.That(Stats(stranger, "GetConnectionStats", admin.UniqueName), Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(Stats(stranger, "GetStats"), Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(Stats(stranger, "GetAllMatchRules"), Is.EqualTo(ErrorNames.AccessDenied));
        Assert.That(Stats(admin, "GetConnectionStats", stranger.UniqueName), Is.Null);

        static string? Stats(FakePeer peer, string member, params object[] arguments) =>
            peer.ReceiveReply(peer.CallOn(Bus, "/org/freedesktop/DBus", StatsMethods.Interface, member, arguments)).ErrorName;
    }

    private static PeerMessage Ask(FakePeer peer, string member, params object[] arguments) =>
        peer.ReceiveReply(peer.CallOn(Bus, BrokerMethods.Path, BrokerMethods.Interface, member, arguments));

    private static object[] Explain(FakePeer admin, params object[] arguments) => Ask(admin, "ExplainPolicy", arguments).Values();

    private static List<string> Decisions(object[] answer) =>
        [.. ((object[])answer[1]).Cast<object[]>().Select(decision => $"{decision[0]} {decision[1]} {decision[2]}")];
}
