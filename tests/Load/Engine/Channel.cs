using System.Runtime.InteropServices;
using XcpBroker.Load.Interop;
using XcpBroker.Peers.Raw;

namespace XcpBroker.Load.Engine;

/// <summary>One authenticated connection of the measured loop.</summary>
internal sealed unsafe class Channel(RawPeer peer, IFrameSink sink, int index) : IDisposable
{
    private FrameWalker _walker;

    internal RawPeer Peer => peer;

    /// <summary>The workload's own number for it.</summary>
    internal int Index => index;

    /// <summary>The loop's number for it.</summary>
    internal int Slot { get; set; }

    /// <summary>What it sends; null for one that only listens.</summary>
    internal OutboundRing? Outbound { get; set; }

    /// <summary>Messages that it may send now.</summary>
    internal long Credit { get; set; }

    /// <summary>Each message with a send of its own, as libdbus and sd-bus do.</summary>
    internal bool Unbatched { get; init; }

    /// <summary>The kernel had no room: it waits to become writable.</summary>
    internal bool IsBlocked { get; private set; }

    /// <summary>The serial that the next message must have.</summary>
    internal uint ExpectedSerial { get; set; } = 1;

    /// <summary>When the message under way was sent, in timestamps of the system's TimeProvider.</summary>
    internal long SentAt { get; set; }

    /// <summary>Receives once and hands on what is whole.</summary>
    /// <exception cref="IOException">The broker ended the connection.</exception>
    internal void Receive(byte* scratch, int scratchBytes)
    {
        nint count = Sys.Receive(peer.Descriptor, scratch, (nuint)scratchBytes, Sys.DoNotWait);
        if (count > 0)
        {
            _walker.Walk(scratch, (int)count, this, sink);
            sink.OnReceived(this);
        }
        else if (count == 0 || Marshal.GetLastPInvokeError() is not (Sys.TryAgain or Sys.Interrupted))
        {
            throw new IOException($"the broker ended the connection of {peer.UniqueName}");
        }
    }

    /// <summary>Queues what the credit allows and sends until nothing is left or the kernel has no more room.</summary>
    internal void Pump()
    {
        OutboundRing ring = Outbound!;
        IsBlocked = false;
        while (true)
        {
            while (Credit > 0 && !ring.IsFull)
            {
                ring.Queue();
                Credit--;
            }

            if (ring.Pending == 0)
            {
                return;
            }

            ReadOnlySpan<byte> head = ring.Head(Unbatched);
            nint count;
            fixed (byte* start = head)
            {
                count = Sys.Send(peer.Descriptor, start, (nuint)head.Length, Sys.DoNotWait | Sys.NoSignal);
            }

            if (count >= 0)
            {
                ring.Advance((int)count);
            }
            else if (Marshal.GetLastPInvokeError() == Sys.TryAgain)
            {
                IsBlocked = true;
                return;
            }
            else
            {
                throw new IOException($"the broker ended the connection of {peer.UniqueName} while it sent");
            }
        }
    }

    /// <summary>Fails unless a message is the one that must come next.</summary>
    internal void Verify(byte expectedType, byte type, uint serial, uint expectedBody, uint body)
    {
        if (type != expectedType || serial != ExpectedSerial || body != expectedBody)
        {
            throw new InvalidDataException(
                $"{peer.UniqueName} got type {type}, serial {serial}, body {body}; expected {expectedType}, {ExpectedSerial}, {expectedBody}");
        }

        ExpectedSerial++;
    }

    public void Dispose()
    {
        Outbound?.Dispose();
        peer.Dispose();
    }
}
