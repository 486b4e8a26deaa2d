using CsCheck;
using XcpBroker.Config;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Limits;

/// <summary>Limits as a file may set them, however odd: they may leave peers nothing, and they end no bus.</summary>
internal sealed class AnyLimitTests
{
    private static readonly long[] Numbers = [0, 1, 2, 16, 1000, 65_536, 1 << 30, long.MaxValue];

    private static readonly Gen<LimitOptions> AnyLimits = Gen.Int[0, Numbers.Length - 1].Array[LimitTable.All.Count].Select(choices => LimitTable.All
        .Zip(choices, (limit, choice) => (limit, Number: Math.Min(Numbers[choice], limit.Maximum)))
        .Aggregate(DefaultLimits.Embedded, (limits, next) => next.limit.With(limits, next.Number)));

    private static IEnumerable<string> Names => LimitTable.All.Select(limit => limit.Name);

    [TestCaseSource(nameof(Names))]
    public void One_that_is_zero_or_the_largest_there_is(string name)
    {
        LimitDescription limit = LimitTable.Find(name)!;
        Serve(limit.With(DefaultLimits.Embedded, 0), limit.With(DefaultLimits.Embedded, limit.Maximum));
        Serve(limit.With(DefaultLimits.Embedded, limit.Maximum), limit.With(DefaultLimits.Embedded, 0));
    }

    [Test]
    public void Any_at_the_start_and_after_a_reload() => Gen.Select(AnyLimits, AnyLimits).Sample(Serve, iter: 300);

    // As with dbus-daemon, which looks at what waits already.
    [TestCase("max_outgoing_bytes")]
    [TestCase("max_incomplete_connections")]
    [TestCase("max_incoming_bytes")]
    public void With_none_of_it_one_thing_at_a_time_passes(string name)
    {
        using InMemoryBroker broker = new(LimitTable.Find(name)!.With(DefaultLimits.Embedded, 0));
        FakePeer callee = broker.Connect();
        FakePeer caller = broker.Connect();
        uint serial = caller.CallPeer(callee.UniqueName, "Do", new byte[1000]);
        callee.Reply(callee.Receive(), "done");

        Assert.That(caller.ReceiveReply(serial).FirstString, Is.EqualTo("done"));
    }

    /// <summary>Peers of which each does a bit of everything, before and after a reload; with the defaults all is as ever.</summary>
    private static void Serve(LimitOptions first, LimitOptions second)
    {
        using InMemoryBroker broker = new(first);
        List<FakePeer> peers = [];
        foreach (LimitOptions limits in (LimitOptions[])[first, second, DefaultLimits.Embedded])
        {
            _ = broker.Bus.InForce.Apply(InMemoryBroker.Options(limits), null);
            peers.AddRange(Enumerable.Range(0, 3).Select(_ => Join(broker)));
            peers.ForEach(Act);
            broker.Pass(TimeSpan.FromSeconds(1));
        }

        peers.ForEach(peer => peer.Close());
        FakePeer last = broker.Connect();
        Assert.That(last.Ask("GetId").FirstString, Is.EqualTo(InMemoryBroker.Id));
        last.Close();
        broker.Bus.Shutdown();
        broker.Run();
        Assert.That(broker.Leftovers(), Is.Empty);
    }

    private static FakePeer Join(InMemoryBroker broker)
    {
        FakePeer peer = broker.Accept();
        peer.SendRaw("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8);
        _ = peer.ReceiveRaw();
        _ = peer.Call("Hello");
        return peer;
    }

    private static void Act(FakePeer peer)
    {
        peer.Call("RequestName", "org.example.A", 0u);
        peer.Call("AddMatch", "type='signal'");
        peer.CallPeer("org.example.A", "Do", new byte[100]);
        peer.CallPeer(":1.1", "Do");
        peer.Emit("Happened", new byte[1000]);
        peer.CallOn("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats", "GetStats");
        foreach (Peers.Raw.PeerMessage message in peer.ReceiveAll())
        {
            if (message.Member == "Do")
            {
                peer.Reply(message, "done");
            }
        }
    }
}
