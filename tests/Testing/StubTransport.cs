using System.Buffers;
using System.IO.Pipelines;
using XcpBroker.Auth;
using XcpBroker.Buffers;
using XcpBroker.Transport;

namespace XcpBroker.Testing;

/// <summary>A transport that allocates nothing: input is whatever memory the test feeds, output is counted and dropped.</summary>
internal sealed class StubTransport(PeerCredentials credentials) : PipeReader, ITransportConnection
{
    private ReadOnlyMemory<byte> _input;
    private ITransportEvents? _events;

    /// <summary>A test may turn a peer that was let in into another user.</summary>
    public PeerCredentials Credentials { get; set; } = credentials;

    public PeerAddress Address => PeerAddress.Unix;

    public PipeReader Input => this;

    public bool CanPassFds => false;

    /// <summary>A test may add numbers that are no descriptors: closing those fails and harms nothing.</summary>
    public long UnreadBytes => 0;

    public ReceivedFds ReceivedFds { get; } = new();

    public Block? InputBlock => null;

    public int InputOffset => 0;

    internal long BytesSent { get; private set; }

    internal bool IsClosed { get; private set; }

    /// <summary>What was sent last, as far as it fits.</summary>
    internal byte[] LastSent { get; } = new byte[4096];

    internal void Feed(ReadOnlyMemory<byte> input)
    {
        _input = input;
        _events!.OnReadable();
    }

    public void Start(ITransportEvents events) => _events = events;

    public void Expect(int messageBytes)
    {
    }

    public void NotifyWhenWritable(bool wanted)
    {
    }

    public void NotifyWhenReadable(bool wanted)
    {
    }

    public int Send(ReadOnlySpan<OutgoingSegment> segments, FdSet? fds)
    {
        int sent = 0;
        foreach (ref readonly OutgoingSegment segment in segments)
        {
            int kept = Math.Clamp(LastSent.Length - sent, 0, segment.Length);
            segment.Block.Span(segment.Offset, kept).CopyTo(LastSent.AsSpan(Math.Min(sent, LastSent.Length)));
            sent += segment.Length;
        }

        BytesSent += sent;
        return sent;
    }

    public int OpenPeerPidFd() => -1;

    public void Close() => IsClosed = true;

    public override bool TryRead(out ReadResult result)
    {
        result = new ReadResult(new ReadOnlySequence<byte>(_input), isCanceled: false, isCompleted: false);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
        _input = _input[(int)new ReadOnlySequence<byte>(_input).Slice(0, consumed).Length..];

    public override void CancelPendingRead()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
