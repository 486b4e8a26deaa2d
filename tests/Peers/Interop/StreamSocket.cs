using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace XcpBroker.Peers.Interop;

/// <summary>A blocking stream socket, Unix with descriptors beside the bytes, or TCP; every wait is bounded.</summary>
public sealed unsafe class StreamSocket : IDisposable
{
    private const int MaxDescriptors = 253;
    private const int HeaderBytes = 16;

    private StreamSocket(int descriptor) => Descriptor = descriptor;

    /// <summary>The descriptor, owned by this object.</summary>
    public int Descriptor { get; private set; }

    /// <summary>Connects to a path; one that starts with NUL is an abstract name.</summary>
    public static StreamSocket Connect(string path)
    {
        StreamSocket socket = Create();
        byte* address = stackalloc byte[110];
        uint length = Address(path, new Span<byte>(address, 110));
        if (LibC.Connect(socket.Descriptor, address, length) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            socket.Dispose();
            throw LibC.Failure(error, $"connect {path}");
        }

        return socket;
    }

    /// <summary>Connects over IPv4; what is sent goes out at once (TCP_NODELAY).</summary>
    public static StreamSocket Connect(IPEndPoint end)
    {
        ArgumentNullException.ThrowIfNull(end);
        StreamSocket socket = new(LibC.Check(LibC.Socket(LibC.InternetFamily, LibC.Stream | LibC.CloseOnExec, 0), "socket"));
        const int AddressBytes = 16;
        byte* address = stackalloc byte[AddressBytes];
        Span<byte> fields = new(address, AddressBytes);
        fields.Clear();
        fields[0] = LibC.InternetFamily;
        BinaryPrimitives.WriteUInt16BigEndian(fields[2..], (ushort)end.Port);
        int on = 1;
        if (!end.Address.TryWriteBytes(fields[4..8], out _)
            || LibC.Connect(socket.Descriptor, address, AddressBytes) < 0
            || LibC.SetSocketOption(socket.Descriptor, LibC.TcpLevel, LibC.NoDelay, &on, sizeof(int)) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            socket.Dispose();
            throw LibC.Failure(error, $"connect {end}");
        }

        return socket;
    }

    /// <summary>A listening socket on a path, for another process to accept from; accepting does not block.</summary>
    public static StreamSocket Listen(string path)
    {
        StreamSocket socket = Create(LibC.NonBlocking);
        byte* address = stackalloc byte[110];
        uint length = Address(path, new Span<byte>(address, 110));
        _ = LibC.Check(LibC.Bind(socket.Descriptor, address, length), $"bind {path}");
        _ = LibC.Check(LibC.Listen(socket.Descriptor, 4096), "listen");
        return socket;
    }

    /// <summary>Two connected sockets.</summary>
    public static (StreamSocket First, StreamSocket Second) Pair()
    {
        int* pair = stackalloc int[2];
        _ = LibC.Check(LibC.SocketPair(LibC.UnixFamily, LibC.Stream | LibC.CloseOnExec, 0, pair), "socketpair");
        return (new StreamSocket(pair[0]), new StreamSocket(pair[1]));
    }

    /// <summary>A copy of a connected stream socket of any family; the descriptor stays its owner's.</summary>
    public static StreamSocket Copy(int descriptor) =>
        new(LibC.Check(LibC.Control(descriptor, LibC.DuplicateCloseOnExec, 0), "dup"));

    /// <summary>Sends all bytes; the descriptors go with the first of them and stay the caller's.</summary>
    /// <returns>False when the other end is gone.</returns>
    /// <exception cref="TimeoutException">It took none of the bytes for that long.</exception>
    public bool Send(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors, TimeSpan timeout)
    {
        byte* control = stackalloc byte[HeaderBytes + (4 * MaxDescriptors) + 4];
        fixed (byte* start = bytes)
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                LibC.IoVector vector = new() { Base = start + sent, Length = (nuint)(bytes.Length - sent) };
                LibC.MessageHeader message = new() { Vectors = &vector, VectorCount = 1 };
                if (sent == 0 && descriptors.Length > 0)
                {
                    message.Control = control;
                    message.ControlLength = WriteRights(control, descriptors);
                }

                if (!Wait(Descriptor, LibC.PollOut, timeout))
                {
                    throw new TimeoutException($"no room to send for {timeout}");
                }

                nint count = LibC.SendMessage(Descriptor, &message, LibC.NoSignal | LibC.DoNotWait);
                int error = count < 0 ? Marshal.GetLastPInvokeError() : 0;
                if (error is LibC.BrokenPipe or LibC.ConnectionReset)
                {
                    return false;
                }

                if (error is not (0 or LibC.Interrupted or LibC.TryAgain))
                {
                    throw LibC.Failure(error, "sendmsg");
                }

                sent += error == 0 ? (int)count : 0;
            }
        }

        return true;
    }

    /// <summary>Receives what is there, at least one byte.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="descriptors">Where received descriptors are added; they are the caller's then.</param>
    /// <param name="timeout">How long to wait for the first byte.</param>
    /// <returns>The number of bytes, 0 at the end of the stream, -1 when the time was over.</returns>
    public int Receive(Span<byte> buffer, List<int> descriptors, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(descriptors);
        byte* control = stackalloc byte[HeaderBytes + (4 * MaxDescriptors) + 4];
        fixed (byte* start = buffer)
        {
            while (Wait(Descriptor, LibC.PollIn, timeout))
            {
                LibC.IoVector vector = new() { Base = start, Length = (nuint)buffer.Length };
                LibC.MessageHeader message = new()
                {
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = control,
                    ControlLength = HeaderBytes + (4 * MaxDescriptors) + 4,
                };
                nint count = LibC.ReceiveMessage(Descriptor, &message, LibC.CmsgCloseOnExec | LibC.DoNotWait);
                if (count >= 0)
                {
                    ReadRights(message, descriptors);
                    return (int)count;
                }

                int error = Marshal.GetLastPInvokeError();
                if (error == LibC.ConnectionReset)
                {
                    return 0;
                }

                if (error is not (LibC.Interrupted or LibC.TryAgain))
                {
                    throw LibC.Failure(error, "recvmsg");
                }
            }
        }

        return -1;
    }

    /// <summary>Ends our direction; the other end still may send.</summary>
    public void ShutdownSending() => _ = LibC.Shutdown(Descriptor, 1);

    /// <summary>Ends both directions, which wakes whoever waits on it.</summary>
    public void ShutdownBoth() => _ = LibC.Shutdown(Descriptor, 2);

    /// <summary>Closes the socket.</summary>
    public void Dispose()
    {
        if (Descriptor >= 0)
        {
            _ = LibC.Close(Descriptor);
            Descriptor = -1;
        }
    }

    /// <summary>Whether a descriptor became ready within that time.</summary>
    internal static bool Wait(int descriptor, short events, TimeSpan timeout)
    {
        long end = TimeProvider.System.GetTimestamp() + (long)(timeout.TotalSeconds * TimeProvider.System.TimestampFrequency);
        LibC.PollEntry entry = new() { Descriptor = descriptor, Events = events };
        while (true)
        {
            double left = Math.Max(0, TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), end).TotalMilliseconds);
            int ready = LibC.Poll(&entry, 1, (int)Math.Min(Math.Ceiling(left), int.MaxValue));
            if (ready >= 0)
            {
                return ready > 0;
            }

            if (Marshal.GetLastPInvokeError() != LibC.Interrupted)
            {
                throw LibC.Failure(Marshal.GetLastPInvokeError(), "poll");
            }
        }
    }

    private static StreamSocket Create(int flags = 0) =>
        new(LibC.Check(LibC.Socket(LibC.UnixFamily, LibC.Stream | LibC.CloseOnExec | flags, 0), "socket"));

    private static uint Address(string path, Span<byte> address)
    {
        address.Clear();
        address[0] = LibC.UnixFamily;
        int length = Encoding.Latin1.GetBytes(path, address[2..109]);
        return (uint)(2 + length + (path.StartsWith('\0') ? 0 : 1));
    }

    private static nuint WriteRights(byte* control, ReadOnlySpan<int> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        LibC.ControlHeader* header = (LibC.ControlHeader*)control;
        header->Length = (nuint)(HeaderBytes + (4 * descriptors.Length));
        header->Level = LibC.SolSocket;
        header->Type = LibC.ScmRights;
        descriptors.CopyTo(new Span<int>(control + HeaderBytes, descriptors.Length));
        return (header->Length + 7) & ~(nuint)7;
    }

    private static void ReadRights(in LibC.MessageHeader message, List<int> descriptors)
    {
        nuint offset = 0;
        while (offset + HeaderBytes <= message.ControlLength)
        {
            LibC.ControlHeader* header = (LibC.ControlHeader*)(message.Control + offset);
            if (header->Length < HeaderBytes)
            {
                return;
            }

            if (header->Level == LibC.SolSocket && header->Type == LibC.ScmRights)
            {
                int count = (int)(header->Length - HeaderBytes) / sizeof(int);
                descriptors.AddRange(new Span<int>(message.Control + offset + HeaderBytes, count));
            }

            offset += (header->Length + 7) & ~(nuint)7;
        }
    }
}
