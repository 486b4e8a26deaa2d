using System.IO.Pipelines;
using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;
using XcpBroker.Buffers;

namespace XcpBroker.Transport;

/// <summary>One byte stream to a peer. It moves bytes and descriptors and knows no messages.</summary>
/// <remarks>
/// Input is a <see cref="PipeReader"/> of which only <see cref="PipeReader.TryRead"/> and AdvanceTo are used: the loop says when
/// there is something to read, nobody waits. Output is not a PipeWriter: a fan-out to n peers would copy the bytes n times, so
/// <see cref="Send"/> takes a gather list of shared blocks.
/// </remarks>
internal interface ITransportConnection
{
    const int Broken = -1;

    /// <summary>The kernel cannot now: our user has too many descriptors in flight (ETOOMANYREFS), or there is no memory. It passes.</summary>
    const int TryLater = -2;

    PipeReader Input { get; }

    /// <summary>Who the kernel says the peer is, from when it connected.</summary>
    PeerCredentials Credentials { get; }

    /// <summary>Where the kernel says the peer has connected from.</summary>
    PeerAddress Address { get; }

    /// <summary>Whether descriptors can pass at all; the peer must still negotiate them.</summary>
    bool CanPassFds { get; }

    /// <summary>Descriptors received with the input so far, in order, and not yet taken.</summary>
    ReceivedFds ReceivedFds { get; }

    /// <summary>The block that the last read's bytes lie in, or null. Only until AdvanceTo; who needs it longer shares it.</summary>
    Block? InputBlock { get; }

    /// <summary>Where in that block they start.</summary>
    int InputOffset { get; }

    /// <summary>Bytes that were sent and that the peer has not read yet, as far as the kernel knows: what it counts besides them may be in it.</summary>
    long UnreadBytes { get; }

    /// <summary>Joins the transport to its connection; events come from then on.</summary>
    void Start(ITransportEvents events);

    /// <summary>Says, before AdvanceTo, how long the incomplete message that is left over will be, so that it can be read into one block.</summary>
    void Expect(int messageBytes);

    /// <summary>Asks for <see cref="ITransportEvents.OnWritable"/>, after a send that took less than all.</summary>
    void NotifyWhenWritable(bool wanted);

    /// <summary>Stops <see cref="ITransportEvents.OnReadable"/>, also for the end of the stream, until it is wanted again.</summary>
    /// <remarks>Until then <see cref="ITransportEvents.OnHungUp"/> tells that the peer has closed.</remarks>
    void NotifyWhenReadable(bool wanted);

    /// <summary>Sends what fits now.</summary>
    /// <returns>Bytes taken, from 0; or <see cref="Broken"/>, or <see cref="TryLater"/> (nothing taken).</returns>
    int Send(ReadOnlySpan<OutgoingSegment> segments, FdSet? fds);

    /// <summary>No descriptors were agreed to: from now on the kernel may close those that come.</summary>
    void RefuseFds()
    {
    }

    /// <summary>How long the other machine may take to confirm bytes, or to show that it is there at all, before the stream is broken.</summary>
    /// <remarks>Where the kernel notices by itself that the other end is gone, this says nothing.</remarks>
    void SetGrace(TimeSpan grace)
    {
    }

    /// <summary>Ends the stream to the peer, which can still be read.</summary>
    void EndOutput()
    {
    }

    /// <summary>A new pidfd of the peer's process, or -1 when there is none to be had.</summary>
    int OpenPeerPidFd();

    void Close();
}

/// <summary>What a transport tells its connection.</summary>
internal interface ITransportEvents
{
    void OnReadable();

    void OnWritable();

    /// <summary>The peer has closed both directions, or is lost, while <see cref="OnReadable"/> is not wanted. What it sent before can still be read.</summary>
    void OnHungUp();
}

/// <summary>A run of bytes of a shared block.</summary>
internal struct OutgoingSegment
{
    internal Block Block;
    internal int Offset;
    internal int Length;

    /// <summary>Descriptors that go with the segment's first byte.</summary>
    internal QueuedFds? Fds;

    /// <summary>Belongs to a message that came with descriptors, also once they are sent.</summary>
    internal bool IsFdMessage;
}

/// <summary>Something that peers connect to.</summary>
internal interface IListener : IDisposable
{
    /// <summary>What those who connect from now on may authenticate with.</summary>
    SaslTerms Terms { get; set; }

    /// <summary>A connection has closed, so a descriptor is free again.</summary>
    void OnConnectionClosed();
}

/// <summary>Takes the connections of listeners.</summary>
internal interface ITransportAcceptor
{
    /// <summary>Each further connection costs another one: they are taken one at a time, so that those which say something are heard first.</summary>
    bool IsFull { get; }

    void Accept(ITransportConnection transport, IListener listener);

    /// <summary>Somebody from there may not connect, and was closed.</summary>
    void Refused(PeerAddress address);

    /// <summary>accept(2) has begun to fail with this errno; said once until it works again.</summary>
    void AcceptFailed(int errno);
}
