using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Transport;

/// <summary>The name of a socket as the kernel has it: struct sockaddr_un, sockaddr_in, sockaddr_in6, or another that its transport knows.</summary>
internal sealed unsafe class SocketName
{
    private const int MaxLength = 128; // struct sockaddr_storage

    private readonly string? _text;

    /// <param name="bytes">A struct sockaddr of any family, as long as it is.</param>
    /// <param name="text">Its form for people; null: as this class knows it.</param>
    internal SocketName(byte[] bytes, string? text = null)
    {
        Bytes = bytes;
        _text = text;
    }

    internal byte[] Bytes { get; }

    /// <summary>AF_UNIX, AF_INET, AF_INET6 or another.</summary>
    internal ushort AddressFamily => BitConverter.ToUInt16(Bytes);

    internal bool IsIP => (int)AddressFamily is LibC.AF_INET or LibC.AF_INET6;

    internal bool IsIPv6 => AddressFamily == LibC.AF_INET6;

    /// <summary>Of IP alone.</summary>
    internal TcpFamily Family => IsIPv6 ? TcpFamily.IPv6 : TcpFamily.IPv4;

    /// <summary>Of IP alone.</summary>
    internal ushort Port => BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(2));

    /// <summary>Of IP alone; the scope of a link-local address is a number, as the kernel has it.</summary>
    internal IPAddress Host => IsIPv6
        ? new IPAddress(Bytes.AsSpan(8, 16), BitConverter.ToUInt32(Bytes, 24))
        : new IPAddress(Bytes.AsSpan(4, 4));

    /// <summary>A connectable address of a Unix socket.</summary>
    internal static SocketName OfUnix(UnixListenAddress address)
    {
        byte[] name = address.ToSocketName();
        byte[] bytes = new byte[sizeof(ushort) + name.Length + (address.Kind == UnixAddressKind.Path ? 1 : 0)];
        _ = BitConverter.TryWriteBytes(bytes, (ushort)LibC.AF_UNIX);
        name.CopyTo(bytes, sizeof(ushort));
        return new SocketName(bytes);
    }

    internal static SocketName Read(byte* address, uint length) => new(new ReadOnlySpan<byte>(address, (int)length).ToArray());

    /// <summary>What a socket is bound to.</summary>
    internal static SocketName Of(int fd)
    {
        byte* address = stackalloc byte[MaxLength];
        uint length = MaxLength;
        return LibC.GetSocketName(fd, address, &length) == 0
            ? Read(address, Math.Min(length, MaxLength))
            : throw new Win32Exception(Marshal.GetLastPInvokeError(), "getsockname failed");
    }

    /// <summary>What the other end of a socket is bound to; null: there is none any more.</summary>
    internal static SocketName? OfPeer(int fd)
    {
        byte* address = stackalloc byte[MaxLength];
        uint length = MaxLength;
        return LibC.GetPeerName(fd, address, &length) == 0 ? Read(address, Math.Min(length, MaxLength)) : null;
    }

    /// <summary>Of IP alone.</summary>
    internal SocketName WithPort(ushort port)
    {
        byte[] bytes = [.. Bytes];
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), port);
        return new SocketName(bytes);
    }

    /// <summary>Of Unix sockets alone; null: it has no name, or one that no address can say.</summary>
    internal UnixListenAddress? ToUnixAddress()
    {
        ReadOnlySpan<byte> name = Bytes.AsSpan(2);
        bool isAbstract = !name.IsEmpty && name[0] == 0;
        name = isAbstract ? name[1..] : name.IndexOf((byte)0) is >= 0 and int end ? name[..end] : name;
        return name.IsEmpty || !StrictUtf8.IsValid(name)
            ? null
            : new UnixListenAddress(isAbstract ? UnixAddressKind.Abstract : UnixAddressKind.Path, StrictUtf8.Instance.GetString(name));
    }

    public override string ToString() => _text ?? (int)AddressFamily switch
    {
        LibC.AF_UNIX => ToUnixAddress()?.ToString() ?? "a Unix socket without a name",
        LibC.AF_INET6 => $"[{Host}]:{Port}",
        LibC.AF_INET => $"{Host}:{Port}",
        _ => $"a socket of family {AddressFamily}",
    };
}
