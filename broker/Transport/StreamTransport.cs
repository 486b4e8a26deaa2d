using XcpBroker.Auth;

namespace XcpBroker.Transport;

/// <summary>What differs between kinds of stream sockets. Bytes go the same way through all of them.</summary>
internal abstract class StreamTransport
{
    /// <summary>Whether descriptors can pass.</summary>
    internal abstract bool CanPassFds { get; }

    /// <summary>Whether the kernel tells which user is at the other end.</summary>
    internal abstract bool KnowsUsers { get; }

    /// <summary>Sets the options of a socket that was accepted.</summary>
    internal virtual void Prepare(int fd)
    {
    }

    /// <summary>As <see cref="ITransportConnection.SetGrace"/>.</summary>
    internal virtual void SetGrace(int fd, TimeSpan grace)
    {
    }

    /// <summary>What the kernel says of the other end of a socket that was accepted.</summary>
    internal virtual PeerCredentials Identify(int fd) => PeerCredentials.Unknown;

    /// <summary>Where the kernel says the other end is.</summary>
    internal virtual PeerAddress Locate(int fd) => PeerAddress.Unix;

    /// <summary>Whether who has connected from there may say anything at all.</summary>
    internal virtual bool Admits(PeerAddress address) => true;

    /// <summary>A new pidfd of the process at the other end, or -1 when there is none to be had.</summary>
    internal virtual int OpenPeerPidFd(int fd) => -1;
}
