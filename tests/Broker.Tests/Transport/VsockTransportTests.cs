using XcpBroker.Interop;
using XcpBroker.Transport;

namespace XcpBroker.Broker.Tests.Transport;

/// <summary>What can be said of AF_VSOCK without a virtual machine; tests/vsock has one.</summary>
internal sealed class VsockTransportTests
{
    /// <remarks>struct sockaddr_vm of vsock(7) on a little-endian machine: family 40, port and CID in the host's order, 16 bytes in all.</remarks>
    [TestCase(LibC.VMADDR_CID_ANY, 5555u, "28000000b3150000ffffffff00000000")]
    [TestCase(2u, 0x01020304u, "28000000040302010200000000000000")]
    public void The_kernels_form_of_an_address(uint cid, uint port, string expected)
    {
        SocketName name = VsockTransport.NameOf(cid, port);

        Assert.That(Convert.ToHexStringLower(name.Bytes), Is.EqualTo(expected));
        Assert.That(name.AddressFamily, Is.EqualTo(LibC.AF_VSOCK));
        Assert.That(name.ToString(), Is.EqualTo($"vsock {cid}:{port}"));
    }

    [TestCase(0u, false, false, Description = "the hypervisor")]
    [TestCase(1u, false, false, Description = "this machine")]
    [TestCase(2u, false, false, Description = "the host")]
    [TestCase(3u, false, true)]
    [TestCase(uint.MaxValue - 1, false, true)]
    [TestCase(uint.MaxValue, false, false, Description = "nobody: the peer was gone before it was asked for")]
    [TestCase(1u, true, true, Description = "for tests")]
    public void Only_guests_may_connect(uint cid, bool allowsLoopback, bool expected) =>
        Assert.That(new VsockTransport(allowsLoopback).Admits(new VsockPeerAddress(cid)), Is.EqualTo(expected));

    [TestCase(17u, "vsock:cid=17,port=5555")]
    public void What_is_listened_on_at_one_CID_is_connected_to_there(uint cid, string expected) =>
        Assert.That(VsockTransport.AddressOf(VsockTransport.NameOf(cid, 5555)).ToString(), Is.EqualTo(expected));

    [Test]
    public void At_any_CID_it_is_this_machines_own_that_is_printed()
    {
        VsockListenAddress printed = VsockTransport.AddressOf(VsockTransport.NameOf(LibC.VMADDR_CID_ANY, 5555));

        Assert.That(printed.Cid, Is.GreaterThanOrEqualTo(LibC.VMADDR_CID_HOST), printed.ToString);
    }
}
