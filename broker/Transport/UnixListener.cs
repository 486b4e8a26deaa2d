using System.Runtime.InteropServices;
using XcpBroker.Interop;
using XcpBroker.Loop;

namespace XcpBroker.Transport;

/// <summary>A listening Unix socket on the loop.</summary>
/// <remarks>
/// A failing accept never ends anything: out of descriptors or memory, it stops looking for a second, or until a connection
/// closes, and tries again.
/// </remarks>
internal sealed unsafe class UnixListener : IListener, IEpollHandler
{
    private const int AcceptsPerTurn = 64;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SocketIO _io;
    private readonly int _fd;
    private readonly long _key;
    private readonly string? _path;
    private readonly PeerCredentialReader _credentials = new();
    private readonly ITransportAcceptor _acceptor;
    private bool _isWatched;
    private bool _isPaused;
    private bool _isFailing;

    /// <param name="io">The loop's socket buffers.</param>
    /// <param name="fd">A listening socket; owned.</param>
    /// <param name="path">The file to remove when it ends; null: none.</param>
    /// <param name="guid">The address's GUID, 32 hexadecimal digits.</param>
    /// <param name="acceptor">Takes what connects.</param>
    internal UnixListener(SocketIO io, int fd, string? path, string guid, ITransportAcceptor acceptor)
    {
        _io = io;
        _fd = fd;
        _path = path;
        Guid = guid;
        _acceptor = acceptor;
        _key = io.Loop.Register(fd, this, 0);
        Watch(true);
    }

    public string Guid { get; }

    /// <summary>Stops accepting while the bus has as many unfinished connections as it may have.</summary>
    public void Pause(bool paused)
    {
        _isPaused = paused;
        Watch(!paused && !_isFailing);
    }

    /// <summary>A descriptor has become free.</summary>
    public void OnConnectionClosed()
    {
        if (_isFailing)
        {
            Retry();
        }
    }

    public void OnEvents(uint events)
    {
        for (int i = 0; i < AcceptsPerTurn && _isWatched; i++)
        {
            int fd = LibC.Accept4(_fd, null, null, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
            if (fd >= 0)
            {
                _isFailing = false;
                _acceptor.Accept(new UnixConnection(_io, fd, _credentials.Read(fd)), this);
                continue;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno is not (LibC.EAGAIN or LibC.EINTR or LibC.ECONNABORTED))
            {
                Fail(errno);
            }

            return;
        }
    }

    public void Dispose()
    {
        _io.Loop.Unregister(_fd, _key);
        _ = LibC.Close(_fd);
        if (_path is not null)
        {
            try
            {
                File.Delete(_path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Somebody took the directory away; there is nothing left of ours to remove.
            }
        }
    }

    private void Fail(int errno)
    {
        if (!_isFailing)
        {
            _acceptor.AcceptFailed(errno);
        }

        _isFailing = true;
        Watch(false);
        _io.Loop.Deadlines.After(RetryAfter, static state => ((UnixListener)state!).Retry(), this);
    }

    private void Retry()
    {
        Watch(!_isPaused);
    }

    private void Watch(bool watch)
    {
        if (watch != _isWatched)
        {
            _isWatched = watch;
            _io.Loop.Modify(_fd, _key, watch ? LibC.EPOLLIN : 0);
        }
    }
}
