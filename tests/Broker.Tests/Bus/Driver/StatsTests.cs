using XcpBroker.Peers.Raw;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Driver;

/// <summary>org.freedesktop.DBus.Debug.Stats: the keys of dbus-daemon, with true values.</summary>
internal sealed class StatsTests : BusFixture
{
    private static readonly string[] MemoryKeys = ["Serial", "ListMemPoolUsedBytes", "ListMemPoolCachedBytes", "ListMemPoolAllocatedBytes"];

    [Test]
    public void The_bus_counts_connections_rules_and_names()
    {
        FakePeer one = Broker.Connect();
        FakePeer two = Broker.Connect();
        Broker.Accept().Authenticate();
        two.RequestName("org.example.A");
        two.RequestName("org.example.B");
        two.RequestName("org.example.C");
        one.RequestName("org.example.A");
        two.AskWell("ReleaseName", "org.example.C");
        one.AddMatch("arg0='a'");
        one.AddMatch("arg0='a'");
        two.AddMatch("arg0='b'");
        one.AskWell("RemoveMatch", "arg0='a'");
        Broker.Connect().Close();
        IReadOnlyDictionary<string, string> stats = Ask(one, "GetStats").Dictionary();

        Assert.That(stats, Is.SupersetOf(new Dictionary<string, string>
        {
            ["ActiveConnections"] = "2",
            ["IncompleteConnections"] = "1",
            ["MatchRules"] = "2",
            ["PeakMatchRules"] = "3",
            ["PeakMatchRulesPerConnection"] = "2",
            ["BusNames"] = "5",
            ["PeakBusNames"] = "6",
            ["PeakBusNamesPerConnection"] = "4",
        }));
        Assert.That(stats.Keys, Is.SupersetOf(MemoryKeys));
    }

    [Test]
    public void A_connection_has_its_own_counts()
    {
        FakePeer peer = Broker.Connect();
        FakePeer asking = Broker.Connect();
        peer.RequestName("org.example.A");
        peer.RequestName("org.example.B");
        peer.AskWell("ReleaseName", "org.example.B");
        peer.AddMatch("arg0='a'");
        peer.AddMatch("arg0='b'");
        peer.AskWell("RemoveMatch", "arg0='b'");

        foreach (string name in new[] { ":1.0", "org.example.A" })
        {
            Assert.That(Ask(asking, "GetConnectionStats", name).Dictionary(), Is.SupersetOf(new Dictionary<string, string>
            {
                ["UniqueName"] = ":1.0",
                ["MatchRules"] = "1",
                ["PeakMatchRules"] = "2",
                ["BusNames"] = "2",
                ["PeakBusNames"] = "3",
                ["IncomingBytes"] = "0",
                ["IncomingFDs"] = "0",
                ["OutgoingBytes"] = "0",
                ["OutgoingFDs"] = "0",
                ["PeakIncomingFDs"] = "0",
                ["PeakOutgoingFDs"] = "0",
            }));
        }
    }

    [Test]
    public void What_waits_for_a_peer_is_told_and_its_peak_stays()
    {
        FakePeer deaf = Broker.Connect(socketBuffer: 1000);
        FakePeer asking = Broker.Connect();
        asking.CallPeer(":1.0", "Do", new byte[5000]);
        IReadOnlyDictionary<string, string> before = Ask(asking, "GetConnectionStats", ":1.0").Dictionary();
        int length = deaf.ReceiveRaw().Length;
        IReadOnlyDictionary<string, string> after = Ask(asking, "GetConnectionStats", ":1.0").Dictionary();

        Assert.That((before["OutgoingBytes"], before["OutgoingMessages"]), Is.EqualTo(($"{length - 1000}", "1")));
        Assert.That((after["OutgoingMessages"], after["org.xen.xcp.Broker.MessagesSent"]), Is.EqualTo(("0", "3")), "Hello, NameAcquired and the call");
        Assert.That((after["OutgoingBytes"], after["PeakOutgoingBytes"]), Is.EqualTo(("0", $"{length}")));
    }

    [Test]
    public void Whole_messages_that_wait_for_the_next_turn_are_counted_as_incoming()
    {
        FakePeer busy = Broker.Connect();
        FakePeer asking = Broker.Connect();
        byte[] ping = new WireMessage(7) { Flags = 1 }.Path("/a").Member("Ping").Destination("org.example.Nobody").Build();
        busy.Write([.. Enumerable.Repeat(ping, 1000).SelectMany(bytes => bytes)]);
        uint serial = asking.NextSerial();
        asking.Write(asking.Build(
            new Protocol.Messages.MessageFields
            {
                Type = Protocol.Messages.MessageType.MethodCall,
                Destination = "org.freedesktop.DBus",
                Path = "/org/freedesktop/DBus",
                Interface = "org.freedesktop.DBus.Debug.Stats",
                Member = "GetConnectionStats",
            },
            serial,
            ":1.0"));
        Broker.Run();

        int waited = int.Parse(asking.ReceiveReply(serial).Dictionary()["IncomingMessages"], System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(waited, Is.InRange(1, 999));
        Assert.That(Ask(asking, "GetConnectionStats", ":1.0").Dictionary()["IncomingMessages"], Is.EqualTo("0"));
    }

    [Test]
    public void What_was_dropped_is_told_by_its_reason()
    {
        FakePeer peer = Broker.Connect();
        peer.EmitTo("org.example.Nobody", "Do");
        peer.EmitTo("org.example.Nobody", "Do");
        peer.Signal("/a", "org.freedesktop.DBus", "NameOwnerChanged", "a", "b", "c");
        IReadOnlyDictionary<string, string> stats = Ask(peer, "GetStats").Dictionary();

        Assert.That(stats, Is.SupersetOf(new Dictionary<string, string>
        {
            ["org.xen.xcp.Broker.Dropped.ToNobody"] = "2",
            ["org.xen.xcp.Broker.Dropped.ForgedSignal"] = "1",
            ["org.xen.xcp.Broker.Dropped.UnexpectedReply"] = "0",
            ["org.xen.xcp.Broker.Disconnects"] = "0",
        }));
    }

    [Test]
    public void Statistics_of_nobody_and_of_the_bus_are_refused()
    {
        FakePeer asking = Broker.Connect();

        Assert.That(Ask(asking, "GetConnectionStats", ":1.9").ErrorName, Is.EqualTo(ErrorNames.NameHasNoOwner));
        Assert.That(Ask(asking, "GetConnectionStats", "org.example.Nobody").ErrorName, Is.EqualTo(ErrorNames.NameHasNoOwner));
        Assert.That(Ask(asking, "GetConnectionStats", "org.freedesktop.DBus").ErrorName, Is.EqualTo(ErrorNames.InvalidArgs));
    }

    [Test]
    public void All_rules_are_told_as_often_as_they_were_added()
    {
        FakePeer one = Broker.Connect();
        Broker.Connect();
        one.AddMatch("type='signal',arg0='a'");
        one.AddMatch("arg0='a',type='signal'");
        one.AddMatch("member='M'");
        PeerMessage answer = Ask(one, "GetAllMatchRules");
        Dictionary<string, List<string>> rules = [];
        WireReader reader = new(answer.Body, answer.IsBigEndian);
        int end = reader.ReadArrayStart(8);
        while (reader.MoreUntil(end))
        {
            reader.AlignStruct();
            List<string> ofPeer = rules[System.Text.Encoding.ASCII.GetString(reader.ReadString())] = [];
            int last = reader.ReadArrayStart(4);
            while (reader.MoreUntil(last))
            {
                ofPeer.Add(System.Text.Encoding.ASCII.GetString(reader.ReadString()));
            }
        }

        Assert.That(rules.Keys, Is.EquivalentTo([":1.0", ":1.1"]));
        Assert.That(rules[":1.0"], Is.EqualTo(["type='signal',arg0='a'", "type='signal',arg0='a'", "member='M'"]));
        Assert.That(rules[":1.1"], Is.Empty);
    }

    private static PeerMessage Ask(FakePeer peer, string member, params object[] arguments) => peer.ReceiveReply(
        peer.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats", member, arguments));
}
