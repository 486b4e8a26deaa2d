using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Spawning.Helper;

/// <summary>One end of a SOCK_SEQPACKET pair: whole packets, each with at most one descriptor, or the end.</summary>
internal static unsafe class PacketSocket
{
    /// <summary>No descriptor came.</summary>
    internal const int NoDescriptor = -1;

    /// <summary>One came, and there was no room for it: this process has as many as it may have.</summary>
    internal const int LostDescriptor = -2;

    /// <summary>There is nothing now: <see cref="Receive"/> was interrupted, or the kernel has no memory.</summary>
    internal const int Later = -2;

    private const int ControlSize = 64;
    private static readonly int ControlHeaderSize = sizeof(LibC.ControlHeader);

    /// <summary>Two ends that close on exec.</summary>
    /// <returns>0, or an error number.</returns>
    internal static int TryCreatePair(out int first, out int second)
    {
        int* pair = stackalloc int[2];
        bool isMade = LibC.SocketPair(LibC.AF_UNIX, LibC.SOCK_SEQPACKET | LibC.SOCK_CLOEXEC, 0, pair) == 0;
        (first, second) = isMade ? (pair[0], pair[1]) : (-1, -1);
        return isMade ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Sends a packet, and a copy of a descriptor beside it.</summary>
    /// <returns>0, or an error number; EAGAIN if <paramref name="flags"/> says not to wait.</returns>
    internal static int Send(int socket, ReadOnlySpan<byte> packet, int? descriptor, int flags)
    {
        byte* control = stackalloc byte[ControlSize];
        fixed (byte* start = packet)
        {
            LibC.IoVector vector = new() { Base = start, Length = (nuint)packet.Length };
            LibC.MessageHeader message = new() { Vectors = &vector, VectorCount = 1 };
            if (descriptor is { } passed)
            {
                LibC.ControlHeader* header = (LibC.ControlHeader*)control;
                header->Length = (nuint)(ControlHeaderSize + sizeof(int));
                header->Level = LibC.SOL_SOCKET;
                header->Type = LibC.SCM_RIGHTS;
                *(int*)(control + ControlHeaderSize) = passed;
                message.Control = control;
                message.ControlLength = (nuint)(ControlHeaderSize + sizeof(long)); // CMSG_SPACE
            }

            while (LibC.SendMessage(socket, &message, LibC.MSG_NOSIGNAL | flags) < 0)
            {
                if (Marshal.GetLastPInvokeError() is not LibC.EINTR and int error)
                {
                    return error;
                }
            }

            return 0;
        }
    }

    /// <summary>Receives a packet.</summary>
    /// <param name="socket">From where.</param>
    /// <param name="buffer">Where it goes; a longer packet is an error.</param>
    /// <param name="descriptor">What came beside it, close-on-exec; or <see cref="NoDescriptor"/>, or <see cref="LostDescriptor"/>.</param>
    /// <returns>Its length; 0 at the end; <see cref="Later"/>; otherwise below zero if it is no packet, or the socket is broken.</returns>
    internal static int Receive(int socket, Span<byte> buffer, out int descriptor)
    {
        descriptor = NoDescriptor;
        byte* control = stackalloc byte[ControlSize];
        fixed (byte* start = buffer)
        {
            LibC.IoVector vector = new() { Base = start, Length = (nuint)buffer.Length };
            LibC.MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlSize };
            nint length = LibC.ReceiveMessage(socket, &message, LibC.MSG_CMSG_CLOEXEC);
            if (length < 0)
            {
                return Marshal.GetLastPInvokeError() is LibC.EINTR or LibC.EAGAIN or LibC.ENOMEM or LibC.ENOBUFS ? Later : -1;
            }

            bool isWhole = (message.Flags & LibC.MSG_TRUNC) == 0;
            descriptor = (message.Flags & LibC.MSG_CTRUNC) == 0 ? NoDescriptor : LostDescriptor;
            LibC.ControlHeader* header = (LibC.ControlHeader*)control;
            if (message.ControlLength >= (nuint)ControlHeaderSize && header->Type == LibC.SCM_RIGHTS)
            {
                int count = ((int)header->Length - ControlHeaderSize) / sizeof(int);
                int* passed = (int*)(control + ControlHeaderSize);
                for (int i = 0; i < count; i++)
                {
                    if (i == 0 && isWhole && count == 1)
                    {
                        descriptor = passed[0];
                    }
                    else
                    {
                        _ = LibC.Close(passed[i]);
                    }
                }

                isWhole &= count == 1;
            }

            return isWhole ? (int)length : -1;
        }
    }
}
