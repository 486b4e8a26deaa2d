using System.Text;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Scale;

internal sealed class ManyConnectionsTests : BusFixture
{
    private const int Count = 50_000;
    private const int Topics = 10_000;

    [Test]
    public void Fifty_thousand_peers_connect_own_listen_and_go()
    {
        Limit(limits => limits with { MaxCompletedConnections = Count, MaxConnectionsPerUser = Count, MaxIncompleteConnections = Count });
        FakePeer[] peers = [.. Enumerable.Range(0, Count).Select(_ => Broker.Accept())];
        byte[] hello = new WireMessage(1)
            .Path("/org/freedesktop/DBus").Interface("org.freedesktop.DBus").Member("Hello").Destination("org.freedesktop.DBus").Build();
        foreach (FakePeer peer in peers)
        {
            peer.Write((byte[])[.. "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8, .. hello]);
        }

        Broker.Run();
        Assert.That(Broker.Bus.Counters.Disconnects, Is.Zero);
        for (int i = 0; i < Count; i++)
        {
            Assert.That(peers[i].ReceiveRaw(), Is.Not.Empty);
            peers[i].Write(Call("RequestName", Text($"org.example.Peer{i}"), 4));
            peers[i].Write(Call("AddMatch", Text($"type='signal',arg0='topic{i % Topics}'"), 0));
        }

        Broker.Run();
        Assert.That(Broker.Bus.Names.Count, Is.EqualTo(Count));
        Assert.That(Broker.Bus.Rules.Count, Is.EqualTo(Count));
        foreach (FakePeer peer in peers)
        {
            peer.ReceiveRaw();
        }

        peers[0].Emit("S", "topic7");
        peers[1].CallPeer($"org.example.Peer{Count - 1}", "Do");
        int[] heard = [.. Enumerable.Range(0, Count).Where(i => peers[i].ReceiveRaw().Length > 0)];
        Assert.That(heard, Is.EqualTo(new[] { 7, 10_007, 20_007, 30_007, 40_007, Count - 1 }));

        foreach (FakePeer peer in peers)
        {
            peer.Close();
        }

        Assert.That(Broker.Bus.ConnectionCount, Is.Zero);
        Assert.That(Broker.Leftovers(), Is.Empty);
    }

    private static byte[] Text(string value) => [.. BitConverter.GetBytes(value.Length), .. Encoding.ASCII.GetBytes(value), 0];

    /// <summary>A call of the bus with a string and, where flags take bytes, a number of 0.</summary>
    private static byte[] Call(string member, byte[] text, int flagBytes)
    {
        byte[] body = flagBytes == 0 ? text : [.. text, .. new byte[(-text.Length & 3) + flagBytes]];
        return new WireMessage(1) { Serial = 2, Flags = 1 }
            .Path("/org/freedesktop/DBus").Member(member).Destination("org.freedesktop.DBus").Signature(flagBytes == 0 ? "s" : "su").Build(body);
    }
}
