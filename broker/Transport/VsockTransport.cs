using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Auth;
using XcpBroker.Config;
using XcpBroker.Config.Domains;
using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>AF_VSOCK: between a virtual machine and its host. The hypervisor says which machine is at the other end, and nothing of its users.</summary>
/// <param name="allowsLoopback">Whether peers of this machine itself may connect.</param>
/// <remarks>Source: vsock(7).</remarks>
internal sealed unsafe class VsockTransport(bool allowsLoopback = false) : StreamTransport
{
    private const int Backlog = 4096;

    /// <summary>The first CID that is a virtual machine's: 0 is the hypervisor, 1 this machine itself, 2 the host.</summary>
    private const uint FirstGuest = 3;

    /// <summary>Nobody's CID.</summary>
    internal const uint HypervisorCid = 0;

    public override TransportSyntax Syntax { get; } = new VsockSyntax();

    public override bool ProvesDomain => true;

    /// <summary>Listens on an address, whose printed form is what a guest of this machine connects to.</summary>
    public override ListeningSocket Listen(ListenAddress configured, BrokerOptions options)
    {
        VsockListenAddress address = (VsockListenAddress)configured;
        int fd = LibC.Socket(LibC.AF_VSOCK, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        if (fd < 0)
        {
            throw Failure(configured, "make a socket (is the kernel's vsock module loaded?)");
        }

        SocketName name = NameOf(address.Cid ?? LibC.VMADDR_CID_ANY, address.Port);
        if (!TryBind(fd, name) || LibC.Listen(fd, Backlog) < 0)
        {
            StartException failure = Failure(configured, "listen");
            _ = LibC.Close(fd);
            throw failure;
        }

        string guid = configured.Guid ?? ListeningSockets.NewId();
        return new ListeningSocket([fd], AddressOf(name) with { Guid = guid }, guid, new VsockTransport(options.AllowsVsockLoopback));
    }

    public override (ListenAddress Address, ITransport Transport)? Recognise(SocketName bound, BrokerOptions options) =>
        bound.AddressFamily == LibC.AF_VSOCK ? (AddressOf(bound), new VsockTransport(options.AllowsVsockLoopback)) : null;

    public override IReadOnlyList<SocketName> Resolve(ListenAddress address) => [NameOf(((VsockListenAddress)address).Cid!.Value, ((VsockListenAddress)address).Port)];

    /// <summary>The kernel's form of an address; <see cref="LibC.VMADDR_CID_ANY"/> stands for every CID of this machine.</summary>
    internal static SocketName NameOf(uint cid, uint port)
    {
        LibC.VsockAddress address = new() { Family = LibC.AF_VSOCK, Port = port, Cid = cid };
        return new SocketName(MemoryMarshal.AsBytes(new ReadOnlySpan<LibC.VsockAddress>(in address)).ToArray(), $"vsock {cid}:{port}");
    }

    /// <summary>What clients connect to.</summary>
    /// <param name="listening">What is listened on.</param>
    internal static VsockListenAddress AddressOf(SocketName listening)
    {
        LibC.VsockAddress name = MemoryMarshal.Read<LibC.VsockAddress>(listening.Bytes);
        uint cid = name.Cid;
        return new VsockListenAddress(name.Port) { Cid = cid == LibC.VMADDR_CID_ANY ? OwnCid() : cid };
    }

    /// <summary>Of a peer that is gone again, no CID that a domain could have.</summary>
    internal override PeerAddress Locate(int fd) => new VsockPeerAddress(
        SocketName.OfPeer(fd) is { } peer ? MemoryMarshal.Read<LibC.VsockAddress>(peer.Bytes).Cid : LibC.VMADDR_CID_ANY);

    /// <summary>A guest may; what is no guest cannot be told from any process of this machine.</summary>
    internal override bool Admits(PeerAddress address) => allowsLoopback || ((VsockPeerAddress)address).Cid is >= FirstGuest and < LibC.VMADDR_CID_ANY;

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

    private static StartException Failure(ListenAddress address, string what) =>
        new($"{address}: cannot {what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
}

/// <summary>A <c>vsock:</c> address (AF_VSOCK): how a virtual machine and its host reach each other without a network.</summary>
/// <param name="Port">From 1 to 2^32-2.</param>
/// <remarks>Not in the D-Bus specification; the keys are those of zbus, the client library that has the transport. Source: vsock(7).</remarks>
internal sealed record VsockListenAddress(uint Port) : ListenAddress
{
    /// <summary>The name of the transport.</summary>
    internal const string Name = "vsock";

    /// <summary>The value of <c>cid</c> that stands for each that this machine has.</summary>
    internal const string AnyCid = "any";

    /// <summary>VMADDR_CID_ANY and VMADDR_PORT_ANY of the kernel: no machine's CID, nobody's port.</summary>
    internal const uint Any = uint.MaxValue;

    /// <summary>The context id of the machine that listens: who listens binds to it, who connects looks for it. Null: each that this machine has.</summary>
    public uint? Cid { get; init; }

    public override string Transport => Name;

    public override string? ConnectProblem => Cid is null ? "'cid' must say which machine to connect to; 2 is the host" : null;

    protected override string Values =>
        string.Create(CultureInfo.InvariantCulture, $"cid={(Cid is { } cid ? cid.ToString(CultureInfo.InvariantCulture) : AnyCid)},port={Port}");

    public override bool IsReachedBy(ListenAddress other) => other is VsockListenAddress theirs && theirs.Port == Port;
}

/// <summary>What configurations can say of vsock: the keys of zbus, the client library that has the transport, and CIDs of guests.</summary>
internal sealed class VsockSyntax() : TransportSyntax(VsockListenAddress.Name)
{
    public override string SourceAttribute => "vsock-cid";

    public override bool TryRead(AddressPairs pairs, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        string? writtenPort = pairs.Take("port");
        string writtenCid = pairs.Take("cid") ?? VsockListenAddress.AnyCid;
        uint port = 0;
        uint cid = 0;
        error = pairs.UnknownKeyError(["port", "cid"])
            ?? (writtenPort is null ? "'port' must be given" : null)
            ?? (!TryReadNumber(writtenPort!, out port) || port == 0 ? $"port '{writtenPort}' is not a number from 1 to {VsockListenAddress.Any - 1}" : null)
            ?? (writtenCid != VsockListenAddress.AnyCid && !TryReadNumber(writtenCid, out cid) ? $"cid '{writtenCid}' is neither '{VsockListenAddress.AnyCid}' nor a number up to {VsockListenAddress.Any - 1}" : null);
        if (error is not null)
        {
            return false;
        }

        address = new VsockListenAddress(port) { Cid = writtenCid == VsockListenAddress.AnyCid ? null : cid };
        return true;
    }

    /// <summary>A CID of a guest. 1, which is loopback, is taken too: a listener has its own say about it.</summary>
    public override bool TryReadSource(string text, [NotNullWhen(true)] out DomainSource? source, [NotNullWhen(false)] out string? error)
    {
        bool isGuest = TryReadNumber(text, out uint cid) && cid is not (VsockTransport.HypervisorCid or LibC.VMADDR_CID_HOST);
        source = isGuest ? new VsockSource(cid) : null;
        error = isGuest ? null : $"vsock-cid is \"{text}\"; expected the context id of a guest: a number from 3 on";
        return isGuest;
    }

    private static bool TryReadNumber(string text, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number != VsockListenAddress.Any;
}

/// <summary>source vsock-cid: whoever comes from that CID.</summary>
internal sealed record VsockSource(uint Cid) : DomainSource
{
    public override bool Contains(PeerAddress address) => address is VsockPeerAddress peer && peer.Cid == Cid;

    public override string? SharedWith(DomainSource other) => other is VsockSource theirs && theirs.Cid == Cid ? $"the context id {Cid}" : null;
}

/// <summary>The peer's CID, which the hypervisor sets and the peer cannot choose.</summary>
internal sealed record VsockPeerAddress(uint Cid) : PeerAddress(VsockListenAddress.Name)
{
    public override bool IsProof => true;

    public override uint? DomainId => Cid;

    public override string ToString() => $"vsock: CID {Cid}";
}
