using System.Runtime.InteropServices;

namespace XcpBroker.Interop;

/// <summary>The system calls of the loop and its sockets. Each returns what the C function returns; errno is read with <see cref="Marshal.GetLastPInvokeError"/>.</summary>
internal static unsafe partial class LibC
{
    internal const int AF_UNSPEC = 0;
    internal const int AF_UNIX = 1;
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int AF_VSOCK = 40;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_DGRAM = 2;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_TYPE = 3;
    internal const int SO_KEEPALIVE = 9;
    internal const int SO_PEERCRED = 17;
    internal const int SO_RCVTIMEO = 20;
    internal const int SO_SNDTIMEO = 21;
    internal const int SO_ERROR = 4;
    internal const int SO_ACCEPTCONN = 30;
    internal const int SO_PEERSEC = 31;
    internal const int SO_PEERGROUPS = 59;
    internal const int SO_PEERPIDFD = 77;
    internal const int IPPROTO_TCP = 6;
    internal const int IPPROTO_IPV6 = 41;
    internal const int TCP_NODELAY = 1;
    internal const int TCP_KEEPIDLE = 4;
    internal const int TCP_KEEPINTVL = 5;
    internal const int TCP_KEEPCNT = 6;
    internal const int TCP_USER_TIMEOUT = 18;
    internal const int IPV6_V6ONLY = 26;
    internal const int AI_PASSIVE = 1;
    internal const int EAI_SYSTEM = -11;
    internal const uint VMADDR_CID_ANY = uint.MaxValue;
    internal const uint VMADDR_CID_HOST = 2;
    internal const nuint SIOCOUTQ = 0x5411;
    internal const nuint IOCTL_VM_SOCKETS_GET_LOCAL_CID = 0x7b9;
    internal const int SCM_RIGHTS = 1;
    internal const int MSG_CTRUNC = 0x8;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int MSG_CMSG_CLOEXEC = 0x40000000;
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;
    internal const uint EPOLLIN = 0x1;
    internal const uint EPOLLOUT = 0x4;
    internal const uint EPOLLERR = 0x8;
    internal const uint EPOLLHUP = 0x10;
    internal const uint EPOLLONESHOT = 0x40000000;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    internal const int EPERM = 1;
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int ENOENT = 2;
    internal const int ENOMEM = 12;
    internal const int ENOBUFS = 105;
    internal const int ENXIO = 6;
    internal const int ECONNREFUSED = 111;
    internal const int EADDRINUSE = 98;
    internal const int ERANGE = 34;
    internal const int ENOPROTOOPT = 92;
    internal const int ETOOMANYREFS = 109;
    internal const int ECONNABORTED = 103;
    internal const int ECONNRESET = 104;
    internal const int ENONET = 64;
    internal const int EPROTO = 71;
    internal const int EOPNOTSUPP = 95;
    internal const int EAFNOSUPPORT = 97;
    internal const int EADDRNOTAVAIL = 99;
    internal const int ENETDOWN = 100;
    internal const int ENETUNREACH = 101;
    internal const int ETIMEDOUT = 110;
    internal const int EHOSTDOWN = 112;
    internal const int EINPROGRESS = 115;
    internal const int EHOSTUNREACH = 113;

    /// <summary>The most fds that the kernel passes in one message (SCM_MAX_FD).</summary>
    internal const int MaxFdsPerMessage = 253;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(int fd, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(int fd, byte* address, uint length);

    internal const int SHUT_RDWR = 2;

    [LibraryImport("libc", EntryPoint = "shutdown")]
    internal static partial int Shutdown(int fd, int how);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(int fd, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    internal static partial int Accept4(int fd, byte* address, uint* length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint ReceiveMessage(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    internal static partial nint SendMessage(int fd, MessageHeader* message, int flags);

    /// <summary>recvmsg(2) that does not wait: only with MSG_DONTWAIT. Errno is what <see cref="Marshal.GetLastSystemError"/> says right after it.</summary>
    [LibraryImport("libc", EntryPoint = "recvmsg")]
    [SuppressGCTransition]
    internal static partial nint ReceiveMessageNow(int fd, MessageHeader* message, int flags);

    /// <summary>sendmsg(2) that does not wait; as <see cref="ReceiveMessageNow"/>.</summary>
    [LibraryImport("libc", EntryPoint = "sendmsg")]
    [SuppressGCTransition]
    internal static partial nint SendMessageNow(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int GetSocketOption(int fd, int level, int name, byte* value, uint* length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(int fd, int level, int name, byte* value, uint length);

    [LibraryImport("libc", EntryPoint = "getpeername", SetLastError = true)]
    internal static partial int GetPeerName(int fd, byte* address, uint* length);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int GetSocketName(int fd, byte* address, uint* length);

    /// <summary>Of requests whose argument is a pointer.</summary>
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ControlDevice(int fd, nuint request, void* argument);

    /// <summary>Returns its own kind of error; errno only with <see cref="EAI_SYSTEM"/>.</summary>
    [LibraryImport("libc", EntryPoint = "getaddrinfo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int FindAddresses(string? node, string? service, AddressInfo* hints, AddressInfo** found);

    [LibraryImport("libc", EntryPoint = "freeaddrinfo")]
    internal static partial void FreeAddresses(AddressInfo* found);

    [LibraryImport("libc", EntryPoint = "gai_strerror")]
    internal static partial byte* DescribeAddressError(int error);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int FileChangeMode(int fd, uint mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int fd, byte* buffer, nuint count);

    /// <summary>struct addrinfo.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct AddressInfo
    {
        internal int Flags;
        internal int Family;
        internal int SocketType;
        internal int Protocol;
        internal uint AddressLength;
        internal byte* Address;
        internal byte* CanonicalName;
        internal AddressInfo* Next;
    }

    /// <summary>struct sockaddr_vm: numbers in the host's order.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct VsockAddress
    {
        internal ushort Family;
        internal ushort Reserved;
        internal uint Port;
        internal uint Cid;
        internal byte Flags;
        internal byte Zero1;
        internal byte Zero2;
        internal byte Zero3;
    }

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        internal byte* Base;
        internal nuint Length;
    }

    /// <summary>struct msghdr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal void* Name;
        internal uint NameLength;
        internal IoVector* Vectors;
        internal nuint VectorCount;
        internal byte* Control;
        internal nuint ControlLength;
        internal int Flags;
    }

    /// <summary>struct cmsghdr on 64-bit Linux; the data follows it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct ControlHeader
    {
        internal nuint Length;
        internal int Level;
        internal int Type;
    }
}
