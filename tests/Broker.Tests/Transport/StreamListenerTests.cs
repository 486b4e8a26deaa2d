using XcpBroker.Interop;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Transport;

internal sealed class StreamListenerTests
{
    [TestCase(LibC.ECONNABORTED, true)]
    [TestCase(LibC.EPROTO, true)]
    [TestCase(LibC.ENETDOWN, true)]
    [TestCase(LibC.EHOSTUNREACH, true)]
    [TestCase(LibC.EPERM, true)]
    [TestCase(24, false, Description = "EMFILE")]
    [TestCase(12, false, Description = "ENOMEM")]
    [TestCase(22, false, Description = "EINVAL")]
    public void An_error_of_the_network_is_one_peers_and_the_listener_goes_on(int errno, bool isOnePeers) =>
        Assert.That(StreamListener.ConcernsOnePeer(errno), Is.EqualTo(isOnePeers));
}
