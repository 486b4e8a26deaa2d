using System.Runtime.InteropServices;
using XcpBroker.Buffers;
using XcpBroker.Interop;
using XcpBroker.Loop;

namespace XcpBroker.Transport;

/// <summary>What all sockets of one loop share: the scratch block, and the argument blocks of recvmsg and sendmsg.</summary>
internal sealed unsafe class SocketIO : IDisposable
{
    /// <summary>Segments in one gather write; more go out in the next.</summary>
    internal const int MaxSegments = 64;

    /// <summary>What a read may put in front of its own bytes: the kept start of a message that is too short for its own block.</summary>
    internal const int KeptMax = 32 * 1024;

    private const int ControlSize = 16 + (LibC.MaxFdsPerMessage * sizeof(int)) + 12;

    private readonly LibC.IoVector* _vectors = (LibC.IoVector*)NativeMemory.AllocZeroed((nuint)(MaxSegments * sizeof(LibC.IoVector)));
    private readonly byte* _control = (byte*)NativeMemory.AllocZeroed(ControlSize);
    private readonly LibC.MessageHeader* _header = (LibC.MessageHeader*)NativeMemory.AllocZeroed((nuint)sizeof(LibC.MessageHeader));

    /// <param name="loop">The loop whose sockets these are.</param>
    /// <param name="pool">Blocks for what a read leaves over.</param>
    /// <param name="readSize">Bytes that one read takes at most.</param>
    internal SocketIO(EpollBusLoop loop, BlockPool pool, int readSize)
    {
        Loop = loop;
        Pool = pool;
        ReadSize = readSize;
        Scratch = RentScratch();
    }

    internal EpollBusLoop Loop { get; }

    internal BlockPool Pool { get; }

    internal int ReadSize { get; }

    /// <summary>Where reads land; valid until the next read of any connection, and as long as an outgoing queue shares it.</summary>
    internal Block Scratch { get; private set; }

    /// <summary>A scratch block that nobody but us holds.</summary>
    internal Block FreshScratch()
    {
        if (Scratch.IsShared)
        {
            Scratch.Release();
            Scratch = RentScratch();
        }

        return Scratch;
    }

    /// <summary>One recv, which costs a tenth less than recvmsg. The kernel closes what descriptors come.</summary>
    /// <returns>Bytes received; 0 when the stream has ended or broken; -1 when there is nothing now.</returns>
    internal static int Receive(int fd, Block into, int offset, int length)
    {
        nint received = LibC.ReceiveNow(fd, into.Pointer + offset, (nuint)length, LibC.MSG_DONTWAIT);
        return received >= 0 ? (int)received : ReceiveFailed();
    }

    /// <summary>One recvmsg.</summary>
    /// <returns>As <see cref="Receive"/>.</returns>
    internal int ReceiveWithFds(int fd, Block into, int offset, int length, ref ReceivedFds? fds)
    {
        _vectors[0].Base = into.Pointer + offset;
        _vectors[0].Length = (nuint)length;
        *_header = new LibC.MessageHeader { Vectors = _vectors, VectorCount = 1, Control = _control, ControlLength = ControlSize };
        nint received = LibC.ReceiveMessageNow(fd, _header, LibC.MSG_DONTWAIT | LibC.MSG_CMSG_CLOEXEC);
        if (received < 0)
        {
            return ReceiveFailed();
        }

        if (_header->ControlLength > 0 || (_header->Flags & LibC.MSG_CTRUNC) != 0)
        {
            TakeFds(ref fds);
        }

        return (int)received;
    }

    /// <summary>One send, or one sendmsg where there are descriptors or several segments.</summary>
    /// <returns>As <see cref="ITransportConnection.Send"/>.</returns>
    internal int Send(int fd, ReadOnlySpan<OutgoingSegment> segments, FdSet? fds)
    {
        const int Flags = LibC.MSG_DONTWAIT | LibC.MSG_NOSIGNAL;
        nint sent;
        if (segments.Length == 1 && fds is null)
        {
            ref readonly OutgoingSegment only = ref segments[0];
            sent = LibC.SendNow(fd, only.Block.Pointer + only.Offset, (nuint)only.Length, Flags);
        }
        else
        {
            PutSegments(segments);
            if (fds is not null)
            {
                PutFds(fds.Fds);
            }

            sent = LibC.SendMessageNow(fd, _header, Flags);
        }

        return sent >= 0 ? (int)sent : SendFailed(fd);
    }

    public void Dispose()
    {
        Scratch.Release();
        NativeMemory.Free(_vectors);
        NativeMemory.Free(_control);
        NativeMemory.Free(_header);
    }

    // Errno is that of the call just made.
    private static int ReceiveFailed() =>
        Marshal.GetLastSystemError() is LibC.EAGAIN or LibC.EINTR or LibC.ENOMEM or LibC.ENOBUFS
            ? -1 // without memory the socket stays readable: the next turn tries again
            : 0;

    private static int SendFailed(int fd)
    {
        switch (Marshal.GetLastSystemError())
        {
            case LibC.EAGAIN or LibC.EINTR:
                return 0;
            case LibC.ETOOMANYREFS or LibC.ENOMEM or LibC.ENOBUFS:
                return ITransportConnection.TryLater;
            default:
                // Most often the peer is gone (EPIPE). If it is not, it must see an end where messages are lost, and we must too.
                _ = LibC.Shutdown(fd, LibC.SHUT_RDWR);
                return ITransportConnection.Broken;
        }
    }

    private void PutSegments(ReadOnlySpan<OutgoingSegment> segments)
    {
        int count = Math.Min(segments.Length, MaxSegments);
        for (int i = 0; i < count; i++)
        {
            _vectors[i].Base = segments[i].Block.Pointer + segments[i].Offset;
            _vectors[i].Length = (nuint)segments[i].Length;
        }

        *_header = new LibC.MessageHeader { Vectors = _vectors, VectorCount = (nuint)count };
    }

    private Block RentScratch()
    {
        Block scratch = Pool.Rent(KeptMax + ReadSize);
        scratch.IsScratch = true;
        return scratch;
    }

    private void TakeFds(ref ReceivedFds? fds)
    {
        fds ??= new ReceivedFds();
        byte* end = _control + _header->ControlLength;
        byte* at = _control;
        while (at + sizeof(LibC.ControlHeader) <= end)
        {
            LibC.ControlHeader* entry = (LibC.ControlHeader*)at;
            nuint dataLength = entry->Length - (nuint)sizeof(LibC.ControlHeader);
            if (entry->Level == LibC.SOL_SOCKET && entry->Type == LibC.SCM_RIGHTS)
            {
                fds.Add(new ReadOnlySpan<int>(at + sizeof(LibC.ControlHeader), (int)(dataLength / sizeof(int))));
            }

            at += (entry->Length + 7) & ~(nuint)7;
        }

        fds.WasTruncated |= (_header->Flags & LibC.MSG_CTRUNC) != 0;
    }

    private void PutFds(ReadOnlySpan<int> fds)
    {
        LibC.ControlHeader* entry = (LibC.ControlHeader*)_control;
        entry->Length = (nuint)(sizeof(LibC.ControlHeader) + (fds.Length * sizeof(int)));
        entry->Level = LibC.SOL_SOCKET;
        entry->Type = LibC.SCM_RIGHTS;
        fds.CopyTo(new Span<int>(_control + sizeof(LibC.ControlHeader), fds.Length));
        _header->Control = _control;
        _header->ControlLength = (entry->Length + 7) & ~(nuint)7;
    }
}
