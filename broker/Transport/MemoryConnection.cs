using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using XcpBroker.Auth;
using XcpBroker.Buffers;
using XcpBroker.Loop;

namespace XcpBroker.Transport;

/// <summary>A transport of two stock pipes, for brokers without sockets. Descriptors cannot pass.</summary>
/// <remarks>The far end is <see cref="Peer"/>. Like a socket, it takes only so much that the far end has not read.</remarks>
internal sealed class MemoryConnection : ITransportConnection
{
    private static readonly PipeOptions Unlimited = new(
        readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false);

    private readonly BusLoop _loop;
    private readonly int _capacity;
    private readonly Pipe _toBroker = new(Unlimited);
    private readonly Pipe _toPeer = new(Unlimited);
    private ITransportEvents? _connection;
    private int _unreadByPeer;
    private bool _wantsWritable;
    private bool _ignoresReadable;
    private bool _isClosed;

    /// <param name="loop">The broker's loop.</param>
    /// <param name="credentials">Who the broker shall believe the far end is.</param>
    /// <param name="capacity">Bytes that the far end may leave unread, as a socket's buffer.</param>
    internal MemoryConnection(BusLoop loop, PeerCredentials credentials, int capacity)
    {
        _loop = loop;
        _capacity = capacity;
        Credentials = credentials;
        Peer = new MemoryPeer(this);
    }

    internal MemoryPeer Peer { get; }

    public PipeReader Input => _toBroker.Reader;

    public PeerCredentials Credentials { get; }

    public PeerAddress Address { get; init; } = PeerAddress.Unix;

    public bool CanPassFds => false;

    public long UnreadBytes => _unreadByPeer;

    public ReceivedFds ReceivedFds => ReceivedFds.None;

    public Block? InputBlock => null;

    public int InputOffset => 0;

    public void Start(ITransportEvents events) => _connection = events;

    public void Expect(int messageBytes)
    {
    }

    public void NotifyWhenWritable(bool wanted) => _wantsWritable = wanted;

    public void NotifyWhenReadable(bool wanted)
    {
        _ignoresReadable = !wanted;
        if (wanted || Peer.IsClosed)
        {
            Peer.NotifyReadable();
        }
    }

    public int Send(ReadOnlySpan<OutgoingSegment> segments, FdSet? fds)
    {
        if (Peer.IsClosed)
        {
            return ITransportConnection.Broken;
        }

        int sent = 0;
        foreach (OutgoingSegment segment in segments)
        {
            int fits = Math.Min(segment.Length, _capacity - _unreadByPeer);
            _toPeer.Writer.Write(segment.Block.Span(segment.Offset, fits));
            _unreadByPeer += fits;
            sent += fits;
            if (fits < segment.Length)
            {
                break;
            }
        }

        Flush(_toPeer.Writer);
        return sent;
    }

    public int OpenPeerPidFd() => -1;

    public void Close()
    {
        _isClosed = true;
        _toBroker.Reader.Complete();
        _toPeer.Writer.Complete();
    }

    private static void Flush(PipeWriter writer)
    {
        ValueTask<FlushResult> flush = writer.FlushAsync();
        Debug.Assert(flush.IsCompleted, "a pipe without a threshold flushes at once");
    }

    /// <summary>The far end of a <see cref="MemoryConnection"/>.</summary>
    internal sealed class MemoryPeer(MemoryConnection connection)
    {
        internal bool IsClosed { get; private set; }

        internal void Send(ReadOnlySpan<byte> bytes)
        {
            connection._toBroker.Writer.Write(bytes);
            Flush(connection._toBroker.Writer);
            NotifyReadable();
        }

        /// <summary>All that has arrived, appended to <paramref name="into"/>; false when the broker has closed and nothing is left.</summary>
        internal bool Receive(IBufferWriter<byte> into)
        {
            if (!connection._toPeer.Reader.TryRead(out ReadResult result))
            {
                return true;
            }

            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                into.Write(segment.Span);
            }

            int received = (int)result.Buffer.Length;
            connection._toPeer.Reader.AdvanceTo(result.Buffer.End);
            connection._unreadByPeer -= received;
            if (received > 0 && connection._wantsWritable)
            {
                connection._loop.Schedule(static state => NotifyWritable((MemoryConnection)state!), connection);
            }

            return received > 0 || !result.IsCompleted;
        }

        /// <summary>It closes, and nobody is told yet: who sends to it finds out.</summary>
        internal void Break() => IsClosed = true;

        internal void Close()
        {
            IsClosed = true;
            connection._toBroker.Writer.Complete();
            NotifyReadable();
        }

        private static void NotifyWritable(MemoryConnection connection)
        {
            if (!connection._isClosed && connection._wantsWritable)
            {
                connection._connection!.OnWritable();
            }
        }

        internal void NotifyReadable() => connection._loop.Schedule(static state => Notify((MemoryConnection)state!), connection);

        private static void Notify(MemoryConnection connection)
        {
            if (connection._isClosed)
            {
                return;
            }

            if (!connection._ignoresReadable)
            {
                connection._connection!.OnReadable();
            }
            else if (connection.Peer.IsClosed)
            {
                connection._connection!.OnHungUp();
            }
        }
    }
}
