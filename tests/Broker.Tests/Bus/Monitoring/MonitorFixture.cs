using XcpBroker.Peers.Raw;
using XcpBroker.Testing;

namespace XcpBroker.Broker.Tests.Bus.Monitoring;

internal abstract class MonitorFixture : BusFixture
{
    private protected const string Bus = "org.freedesktop.DBus";

    private protected static uint BecomeMonitor(FakePeer peer, params string[] rules) =>
        peer.CallOn(Bus, "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", rules, 0u);

    private protected static PeerMessage Ask(FakePeer peer, string[] rules, uint flags) => peer.ReceiveReply(
        peer.CallOn(Bus, "/org/freedesktop/DBus", "org.freedesktop.DBus.Monitoring", "BecomeMonitor", rules, flags));

    private protected FakePeer Monitor(int socketBuffer = InMemoryBroker.SocketBuffer)
    {
        FakePeer peer = Broker.Connect(socketBuffer: socketBuffer);
        BecomeMonitor(peer);
        peer.ReceiveAll();
        return peer;
    }
}
