using XcpBroker.Load.Interop;

namespace XcpBroker.Load.Workloads;

/// <summary>A connection on its way from connect() to NameAcquired.</summary>
internal sealed unsafe class Newcomer
{
    private const int AnsweredLines = 2;
    private const int Messages = 2;
    private readonly byte[] _received = new byte[4096];
    private int _filled;

    internal int Descriptor { get; set; } = -1;

    /// <summary>When connect() was called, in timestamps of the system's TimeProvider.</summary>
    internal long Started { get; private set; }

    /// <summary>Steps of the conversation that were sent.</summary>
    internal int Sent { get; private set; }

    /// <summary>Lines that were answered.</summary>
    internal int Lines { get; private set; }

    internal void Begin(int descriptor)
    {
        Descriptor = descriptor;
        Started = TimeProvider.System.GetTimestamp();
        Sent = 0;
        Lines = 0;
        _filled = 0;
    }

    internal void Send(byte[] step)
    {
        fixed (byte* start = step)
        {
            if (Sys.Send(Descriptor, start, (nuint)step.Length, Sys.NoSignal) != step.Length)
            {
                throw new IOException("the broker ended a connection that was authenticating");
            }
        }

        Sent++;
    }

    internal void Receive()
    {
        fixed (byte* start = _received)
        {
            nint count = Sys.Receive(Descriptor, start + _filled, (nuint)(_received.Length - _filled), Sys.DoNotWait);
            _filled += count > 0 ? (int)count : throw new IOException("the broker ended a connection that was authenticating");
        }

        ReadOnlySpan<byte> rest = _received.AsSpan(0, _filled);
        Lines = 0;
        while (Lines < AnsweredLines && rest.IndexOf("\r\n"u8) is int end and >= 0)
        {
            if (!rest.StartsWith("OK "u8) && !rest.StartsWith("AGREE_UNIX_FD"u8))
            {
                throw new InvalidDataException("the broker refused to authenticate");
            }

            Lines++;
            rest = rest[(end + 2)..];
        }
    }

    /// <summary>The reply to Hello and NameAcquired are here as a whole.</summary>
    internal bool IsWelcome(int steps)
    {
        if (Sent < steps || Lines < AnsweredLines)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = _received.AsSpan(0, _filled);
        rest = rest[(rest.IndexOf("\r\n"u8) + 2)..];
        rest = rest[(rest.IndexOf("\r\n"u8) + 2)..];
        for (int message = 0; message < Messages; message++)
        {
            if (rest.Length < 16)
            {
                return false;
            }

            long total = 16 + ((BitConverter.ToUInt32(rest[12..]) + 7L) & ~7L) + BitConverter.ToUInt32(rest[4..]);
            if (rest.Length < total)
            {
                return false;
            }

            rest = rest[(int)total..];
        }

        return true;
    }
}
