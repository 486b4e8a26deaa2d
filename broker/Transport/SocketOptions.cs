using XcpBroker.Interop;

namespace XcpBroker.Transport;

/// <summary>Options of sockets that are an int.</summary>
internal static unsafe class SocketOptions
{
    /// <summary>False with errno set.</summary>
    internal static bool TrySet(int fd, int level, int name, int value) =>
        LibC.SetSocketOption(fd, level, name, (byte*)&value, sizeof(int)) == 0;

    /// <summary>Null with errno set.</summary>
    internal static int? Get(int fd, int level, int name)
    {
        int value;
        uint length = sizeof(int);
        return LibC.GetSocketOption(fd, level, name, (byte*)&value, &length) == 0 ? value : null;
    }
}
