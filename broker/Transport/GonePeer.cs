using System.IO.Pipelines;
using XcpBroker.Auth;
using XcpBroker.Buffers;

namespace XcpBroker.Transport;

/// <summary>The transport of a peer that is gone: who it was is known, and nothing moves.</summary>
internal sealed class GonePeer(PeerCredentials credentials) : ITransportConnection
{
    private static readonly PipeReader Nothing = PipeReader.Create(System.Buffers.ReadOnlySequence<byte>.Empty);

    public PipeReader Input => Nothing;

    public PeerCredentials Credentials => credentials;

    public PeerAddress Address => PeerAddress.Unix;

    public bool CanPassFds => false;

    public long UnreadBytes => 0;

    public ReceivedFds ReceivedFds => ReceivedFds.None;

    public Block? InputBlock => null;

    public int InputOffset => 0;

    public void Start(ITransportEvents events)
    {
    }

    public void Expect(int messageBytes)
    {
    }

    public void NotifyWhenWritable(bool wanted)
    {
    }

    public void NotifyWhenReadable(bool wanted)
    {
    }

    public int Send(ReadOnlySpan<OutgoingSegment> segments, FdSet? fds) => ITransportConnection.Broken;

    public int OpenPeerPidFd() => -1;

    public void Close()
    {
    }
}
