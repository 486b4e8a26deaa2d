using System.Net;
using System.Net.Sockets;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Transport;

internal sealed class TcpSocketOpenerTests
{
    [TestCase("127.0.0.1", TcpFamily.Any, TcpFamily.IPv4)]
    [TestCase("127.0.0.1", TcpFamily.IPv4, TcpFamily.IPv4)]
    [TestCase("::1", TcpFamily.Any, TcpFamily.IPv6)]
    public void A_port_is_chosen_and_told_with_the_family(string host, TcpFamily asked, TcpFamily told)
    {
        IReadOnlyList<int> sockets = TcpSocketOpener.Open(new TcpListenAddress { Host = host, Family = asked }, out TcpListenAddress connectable);
        SocketName name = SocketName.Of(sockets.Single());
        Close(sockets);

        Assert.That(connectable, Is.EqualTo(new TcpListenAddress { Host = host, Port = name.Port, Family = told }));
        Assert.That((name.Port > 0, name.Host), Is.EqualTo((true, IPAddress.Parse(host))));
    }

    [Test]
    public void Bind_everywhere_listens_on_every_address_of_both_families_and_keeps_the_hosts_name()
    {
        TcpListenAddress address = new() { Host = "example.org", Bind = "*" };
        IReadOnlyList<int> sockets = TcpSocketOpener.Open(address, out TcpListenAddress connectable);
        SocketName[] names = [.. sockets.Select(SocketName.Of)];
        Close(sockets);

        Assert.That(names.Select(name => name.Host), Is.EquivalentTo(new[] { IPAddress.Any, IPAddress.IPv6Any }));
        Assert.That(names.Select(name => name.Port), Is.All.EqualTo(connectable.Port));
        Assert.That((connectable.Host, connectable.Bind), Is.EqualTo(("example.org", (string?)null)));
    }

    [Test]
    public void A_port_that_somebody_has_is_an_error_that_names_it()
    {
        using TcpListener taken = new(IPAddress.Loopback, 0);
        taken.Start();
        ushort port = (ushort)((IPEndPoint)taken.LocalEndpoint).Port;

        Assert.That(
            () => TcpSocketOpener.Open(new TcpListenAddress { Host = "127.0.0.1", Port = port }, out _),
            Throws.TypeOf<StartException>().With.Message.Contains($"cannot listen on 127.0.0.1:{port}: "));
    }

    [TestCase("host.invalid", "cannot find the host 'host.invalid'")]
    [TestCase("192.0.2.1", "cannot listen on 192.0.2.1:")]
    public void A_host_that_is_not_this_one_is_an_error(string host, string expected) =>
        Assert.That(
            () => TcpSocketOpener.Open(new TcpListenAddress { Host = host }, out _),
            Throws.TypeOf<StartException>().With.Message.Contains(expected));

    private static void Close(IEnumerable<int> sockets)
    {
        foreach (int socket in sockets)
        {
            _ = LibC.Close(socket);
        }
    }
}
