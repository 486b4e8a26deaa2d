using System.Runtime.InteropServices;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Transport;

namespace XcpBroker.Xenstore;

/// <summary>The socket of xenstored, or the kernel's device behind which it is: the same packets over both.</summary>
internal sealed unsafe class XenstoreDescriptor : IXenstoreChannel
{
    private readonly int _descriptor;
    private readonly WakeDescriptor? _wake;

    private XenstoreDescriptor(int descriptor, WakeDescriptor? wake)
    {
        _descriptor = descriptor;
        _wake = wake;
    }

    /// <summary>Opens xenstore.</summary>
    /// <param name="path">A socket or a device.</param>
    /// <param name="wake">Ends waits; stays its owner's. Null: nobody does.</param>
    /// <param name="error">Why there is none.</param>
    internal static XenstoreDescriptor? Open(string path, WakeDescriptor? wake, out string? error)
    {
        LibC.FileStatus status;
        if (LibC.GetFileStatus(LibC.AT_FDCWD, path, 0, LibC.STATX_BASIC_STATS, &status) < 0)
        {
            error = Failure(path);
            return null;
        }

        int descriptor = (status.Mode & LibC.FileTypeMask) == LibC.SocketFile
            ? ClientSocket.Begin(SocketName.OfUnix(new UnixListenAddress(UnixAddressKind.Path, path)), out int errno)
            : OpenDevice(path, out errno);
        error = descriptor < 0 ? $"{path}: {Marshal.GetPInvokeErrorMessage(errno)}" : null;
        return descriptor < 0 ? null : new XenstoreDescriptor(descriptor, wake);
    }

    public bool Send(ReadOnlySpan<byte> packet)
    {
        while (!packet.IsEmpty)
        {
            nint count;
            fixed (byte* start = packet)
            {
                count = LibC.Write(_descriptor, start, (nuint)packet.Length);
            }

            int errno = count < 0 ? Marshal.GetLastPInvokeError() : 0;
            bool goesOn = errno is 0 or LibC.EINTR || (errno == LibC.EAGAIN && Wait(LibC.POLLOUT, XenstoreClient.AnswerTime, canBeWoken: false));
            if (!goesOn)
            {
                return false;
            }

            packet = packet[(int)Math.Max(count, 0)..];
        }

        return true;
    }

    public int Receive(Span<byte> buffer, TimeSpan? patience, bool canBeWoken)
    {
        if (!Wait(LibC.POLLIN, patience, canBeWoken))
        {
            return IXenstoreChannel.Nothing;
        }

        nint count;
        fixed (byte* start = buffer)
        {
            count = LibC.Read(_descriptor, start, (nuint)buffer.Length);
        }

        return count >= 0 ? (int)count
            : Marshal.GetLastPInvokeError() is LibC.EINTR or LibC.EAGAIN ? IXenstoreChannel.Nothing
            : IXenstoreChannel.Gone;
    }

    public void Dispose() => _ = LibC.Close(_descriptor);

    private static int OpenDevice(string path, out int errno)
    {
        int descriptor = LibC.Open(path, LibC.O_RDWR | LibC.O_NONBLOCK | LibC.O_CLOEXEC | LibC.O_NOCTTY);
        errno = descriptor < 0 ? Marshal.GetLastPInvokeError() : 0;
        return descriptor;
    }

    private static string Failure(string path) => $"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";

    /// <returns>Whether there is something to do on the descriptor, if only to find that it is broken.</returns>
    private bool Wait(short events, TimeSpan? patience, bool canBeWoken)
    {
        LibC.PollDescriptor* polled = stackalloc LibC.PollDescriptor[2];
        polled[0] = new LibC.PollDescriptor { Descriptor = _descriptor, Events = events };
        polled[1] = new LibC.PollDescriptor { Descriptor = canBeWoken && _wake is not null ? _wake.Descriptor : -1, Events = LibC.POLLIN };
        _ = LibC.Poll(polled, 2, WakeDescriptor.Milliseconds(patience));
        if (polled[1].Returned != 0)
        {
            _wake!.Forget();
        }

        return polled[0].Returned != 0;
    }
}
