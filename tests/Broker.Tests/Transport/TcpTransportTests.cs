using XcpBroker.Interop;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Transport;

internal sealed class TcpTransportTests
{
    // Seconds until the first probe, between two, their number; milliseconds for bytes that nobody confirms.
    [TestCase(60, 30, 10, 60_000)]
    [TestCase(10, 5, 1, 10_000)]
    [TestCase(1, 1, 1, 1_000)]
    [TestCase(86_400, 32_767, 14_400, 86_400_000)]
    public void A_grace_is_what_the_kernel_waits(int grace, int idle, int between, int unconfirmed)
    {
        int socket = LibC.Socket(LibC.AF_INET, LibC.SOCK_STREAM | LibC.SOCK_CLOEXEC, 0);
        TcpTransport transport = new();
        transport.Prepare(socket);
        transport.SetGrace(socket, TimeSpan.FromSeconds(grace));
        int?[] options = [.. ((int[])[LibC.TCP_KEEPIDLE, LibC.TCP_KEEPINTVL, LibC.TCP_KEEPCNT, LibC.TCP_USER_TIMEOUT])
            .Select(option => SocketOptions.Get(socket, LibC.IPPROTO_TCP, option))];
        int? keepsAlive = SocketOptions.Get(socket, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE);
        _ = LibC.Close(socket);

        Assert.That(options, Is.EqualTo((int?[])[idle, between, 3, unconfirmed]));
        Assert.That(keepsAlive, Is.EqualTo(1));
    }
}
