using XcpBroker.Auth;
using XcpBroker.Interop;

namespace XcpBroker.Transport;

/// <summary>Unix sockets: the kernel knows the other end, and passes descriptors.</summary>
internal sealed unsafe class UnixTransport : StreamTransport
{
    private readonly PeerCredentialReader _credentials = new();

    internal override bool CanPassFds => true;

    internal override bool KnowsUsers => true;

    internal override PeerCredentials Identify(int fd) => _credentials.Read(fd);

    internal override int OpenPeerPidFd(int fd)
    {
        int pidFd;
        uint length = sizeof(int);
        return LibC.GetSocketOption(fd, LibC.SOL_SOCKET, LibC.SO_PEERPIDFD, (byte*)&pidFd, &length) == 0 ? pidFd : -1;
    }
}
