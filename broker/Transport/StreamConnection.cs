using System.Buffers;
using System.IO.Pipelines;
using XcpBroker.Auth;
using XcpBroker.Buffers;
using XcpBroker.Interop;
using XcpBroker.Loop;

namespace XcpBroker.Transport;

/// <summary>One stream socket on the loop: a <see cref="PipeReader"/> over the loop's buffers, and a gather write.</summary>
/// <remarks>
/// A read lands in the scratch block that all connections share. What its messages leave over is kept in a small block, put back
/// in front of the next read; a message that is known to be long gets a block of its own and is read straight into it, and after
/// one the next read is short, since most of another long one would have to be moved. So an idle connection holds no buffer, and a
/// read is one system call without a copy of what it brought.
/// </remarks>
internal sealed class StreamConnection : PipeReader, ITransportConnection, IEpollHandler
{
    /// <summary>Bytes from which on an incomplete message is read into its own block.</summary>
    private const int OwnBlockThreshold = SocketIO.KeptMax;

    /// <summary>Bytes of a read that probably finds the start of a long message.</summary>
    private const int ShortRead = 4 * 1024;

    private readonly SocketIO _io;
    private readonly StreamTransport _transport;
    private readonly int _fd;
    private long _key = -1;
    private uint _events;
    private ITransportEvents? _connection;
    private Block? _held;
    private int _heldOffset;
    private int _heldLength;
    private int _expected;
    private ReceivedFds? _fds;
    private int _readLength;
    private bool _readFromHeld;
    private bool _hasUnexamined;
    private bool _expectsLong;
    private bool _ended;
    private bool _takesFds;

    /// <param name="io">The loop's socket buffers.</param>
    /// <param name="transport">What kind of socket it is.</param>
    /// <param name="fd">A connected socket; owned.</param>
    internal StreamConnection(SocketIO io, StreamTransport transport, int fd)
    {
        _io = io;
        _transport = transport;
        _fd = fd;
        _takesFds = transport.CanPassFds;
        transport.Prepare(fd);
        Credentials = transport.Identify(fd);
        Address = transport.Locate(fd);
    }

    public PipeReader Input => this;

    public PeerCredentials Credentials { get; }

    public PeerAddress Address { get; }

    public bool CanPassFds => _transport.CanPassFds;

    public ReceivedFds ReceivedFds => _fds ?? ReceivedFds.None;

    public unsafe long UnreadBytes
    {
        get
        {
            int bytes = 0;
            return LibC.ControlDevice(_fd, LibC.SIOCOUTQ, &bytes) < 0 ? 0 : bytes;
        }
    }

    public Block? InputBlock => _readFromHeld ? _held : _io.Scratch;

    public int InputOffset => _readFromHeld ? _heldOffset : 0;

    public void Start(ITransportEvents events)
    {
        _connection = events;
        _events = LibC.EPOLLIN;
        _key = _io.Loop.Register(_fd, this, _events);
        if (_key < 0)
        {
            _ended = true;
            _io.Loop.Schedule(static state => ((StreamConnection)state!)._connection!.OnReadable(), this);
        }
    }

    public void Expect(int messageBytes)
    {
        _expected = messageBytes;
        _expectsLong |= messageBytes > _io.ReadSize;
    }

    public void NotifyWhenWritable(bool wanted) => SetEvents(_events & LibC.EPOLLIN, wanted ? LibC.EPOLLOUT : 0);

    public void NotifyWhenReadable(bool wanted) => SetEvents(wanted ? LibC.EPOLLIN : 0, _events & LibC.EPOLLOUT);

    public int Send(ReadOnlySpan<OutgoingSegment> segments, FdSet? fds) => _io.Send(_fd, segments, fds);

    public void RefuseFds() => _takesFds = false;

    public void SetGrace(TimeSpan grace) => _transport.SetGrace(_fd, grace);

    public void EndOutput() => _ = LibC.Shutdown(_fd, LibC.SHUT_WR);

    public int OpenPeerPidFd() => _transport.OpenPeerPidFd(_fd);

    public void OnEvents(uint events)
    {
        if ((events & LibC.EPOLLOUT) != 0)
        {
            _connection!.OnWritable();
        }

        if ((events & (LibC.EPOLLIN | LibC.EPOLLHUP | LibC.EPOLLERR)) == 0 || _key < 0)
        {
            return;
        }

        if ((_events & LibC.EPOLLIN) != 0)
        {
            _connection!.OnReadable();
        }
        else if ((events & (LibC.EPOLLHUP | LibC.EPOLLERR)) != 0)
        {
            _connection!.OnHungUp();
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        int received = 0;
        if (!_ended && !_hasUnexamined)
        {
            received = IsReadingIntoOwnBlock ? ReadIntoHeld() : ReadIntoScratch();
        }
        else
        {
            _readLength = _heldLength;
            _readFromHeld = true;
        }

        if (received < 0)
        {
            result = default;
            return false;
        }

        ReadOnlySequence<byte> read = InputBlock is { } block ? new ReadOnlySequence<byte>(block.Memory.Slice(InputOffset, _readLength)) : default;
        result = new ReadResult(read, isCanceled: false, isCompleted: _ended);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // Positions count from the start of the block.
        int start = InputOffset;

        // What was not examined is whole messages that a later turn takes: until then nothing more is read.
        _hasUnexamined = examined.GetInteger() - start < _readLength;
        Advance(consumed.GetInteger() - start);
    }

    public override void CancelPendingRead()
    {
    }

    public override void Complete(Exception? exception = null) => Close();

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("The loop says when there is input; nobody waits for it.");

    public void Close()
    {
        if (_key >= 0)
        {
            _io.Loop.Unregister(_fd, _key);
            _key = -1;
        }

        _fds?.CloseAll();
        ReleaseHeld();
        _readLength = 0;
        _ = LibC.Close(_fd);
    }

    private bool IsReadingIntoOwnBlock => _held is not null && _expected > OwnBlockThreshold;

    private int Receive(Block into, int offset, int length) =>
        _takesFds ? _io.ReceiveWithFds(_fd, into, offset, length, ref _fds) : SocketIO.Receive(_fd, into, offset, length);

    private int ReadIntoHeld()
    {
        int received = Receive(_held!, _heldLength, _expected - _heldLength);
        if (received < 0)
        {
            return received;
        }

        _ended = received == 0;
        _heldLength += received;
        _readLength = _heldLength;
        _readFromHeld = true;
        return received;
    }

    private int ReadIntoScratch()
    {
        Block scratch = _io.FreshScratch();
        int kept = _heldLength;
        if (kept > 0)
        {
            _held!.Span(_heldOffset, kept).CopyTo(scratch.Span(0, kept));
        }

        int received = Receive(scratch, kept, _expectsLong ? ShortRead : _io.ReadSize);
        if (received < 0)
        {
            return received;
        }

        _ended = received == 0;
        _readLength = kept + received;
        _readFromHeld = false;
        return received;
    }

    private void Advance(int consumed)
    {
        if (_key < 0)
        {
            return;
        }

        int left = _readLength - consumed;
        _expectsLong &= _readFromHeld || consumed == 0;
        if (left == 0)
        {
            if (_held is not null)
            {
                ReleaseHeld();
            }

            _expected = 0;
        }
        else if (_readFromHeld && !MustMoveToOwnBlock(consumed))
        {
            _heldOffset += consumed;
            _heldLength = left;
        }
        else
        {
            Hold(InputBlock!.Span(InputOffset + consumed, left));
        }

        _readLength = 0;
    }

    private bool MustMoveToOwnBlock(int consumed) =>
        _expected > OwnBlockThreshold && (_heldOffset + consumed > 0 || _held!.Capacity < _expected);

    private void Hold(ReadOnlySpan<byte> rest)
    {
        int needed = Math.Max(rest.Length, _expected > OwnBlockThreshold ? _expected : 0);
        Block? before = _held;
        if (before is null || before.Capacity < needed)
        {
            _held = _io.Pool.Rent(needed);
        }

        rest.CopyTo(_held!.Span(0, rest.Length));
        _heldOffset = 0;
        _heldLength = rest.Length;
        if (before != _held)
        {
            before?.Release();
        }
    }

    private void ReleaseHeld()
    {
        _held?.Release();
        _held = null;
        _heldOffset = 0;
        _heldLength = 0;
        _expected = 0;
    }

    private void SetEvents(uint readable, uint writable)
    {
        // The end of the stream cannot be masked; while neither is wanted it is not told more than once.
        uint events = readable | writable;
        events = events == 0 ? LibC.EPOLLONESHOT : events;
        if (events != _events && _key >= 0)
        {
            _events = events;
            _io.Loop.Modify(_fd, _key, events);
        }
    }
}
