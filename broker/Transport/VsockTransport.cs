using System.ComponentModel;
using System.Runtime.InteropServices;
using XcpBroker.Auth;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>AF_VSOCK: between a virtual machine and its host. The hypervisor says which machine is at the other end, and nothing of its users.</summary>
/// <param name="allowsLoopback">Whether peers of this machine itself may connect.</param>
/// <remarks>Source: vsock(7).</remarks>
internal sealed unsafe class VsockTransport(bool allowsLoopback) : StreamTransport
{
    private const int Backlog = 4096;

    /// <summary>The first CID that is a virtual machine's: 0 is the hypervisor, 1 this machine itself, 2 the host.</summary>
    private const uint FirstGuest = 3;

    internal override bool CanPassFds => false;

    internal override bool KnowsUsers => false;

    /// <summary>Listens on an address, whose printed form is what a guest of this machine connects to.</summary>
    /// <exception cref="StartException">It cannot be had; the text says why.</exception>
    internal static ListeningSocket Listen(VsockListenAddress configured, bool allowsLoopback)
    {
        int fd = LibC.Socket(LibC.AF_VSOCK, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Failure(configured, "make a socket (is the kernel's vsock module loaded?)");
        }

        SocketName name = SocketName.OfVsock(configured.Cid ?? LibC.VMADDR_CID_ANY, configured.Port);
        if (!TryBind(fd, name) || LibC.Listen(fd, Backlog) < 0)
        {
            StartException failure = Failure(configured, "listen");
            _ = LibC.Close(fd);
            throw failure;
        }

        string guid = configured.Guid ?? ListeningSockets.NewId();
        return new ListeningSocket([fd], AddressOf(name) with { Guid = guid }, guid, new VsockTransport(allowsLoopback));
    }

    /// <summary>What clients connect to.</summary>
    /// <param name="listening">What is listened on.</param>
    internal static VsockListenAddress AddressOf(SocketName listening)
    {
        uint cid = listening.Vsock.Cid;
        return new VsockListenAddress(listening.Vsock.Port) { Cid = cid == LibC.VMADDR_CID_ANY ? OwnCid() : cid };
    }

    /// <summary>Of a peer that is gone again, no CID that a domain could have.</summary>
    internal override PeerAddress Locate(int fd) => PeerAddress.OfVsock(SocketName.OfPeer(fd)?.Vsock.Cid ?? LibC.VMADDR_CID_ANY);

    /// <summary>A guest may; what is no guest cannot be told from any process of this machine.</summary>
    internal override bool Admits(PeerAddress address) => allowsLoopback || address.Cid is >= FirstGuest and < LibC.VMADDR_CID_ANY;

    /// <summary>The CID by which this machine is known: what its kernel says, and for a host without guests so far, the host's.</summary>
    private static uint OwnCid()
    {
        int device = LibC.Open("/dev/vsock", LibC.O_RDONLY | LibC.O_CLOEXEC);
        uint cid = LibC.VMADDR_CID_ANY;
        if (device >= 0)
        {
            _ = LibC.ControlDevice(device, LibC.IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid);
            _ = LibC.Close(device);
        }

        return cid is >= FirstGuest and < LibC.VMADDR_CID_ANY ? cid : LibC.VMADDR_CID_HOST;
    }

    private static bool TryBind(int fd, SocketName name)
    {
        fixed (byte* start = name.Bytes)
        {
            return LibC.Bind(fd, start, (uint)name.Bytes.Length) == 0;
        }
    }

    private static StartException Failure(VsockListenAddress address, string what) =>
        new($"{address}: cannot {what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
}
