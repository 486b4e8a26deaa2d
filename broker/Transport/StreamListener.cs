using System.Runtime.InteropServices;
using XcpBroker.Auth.Sasl;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>A listening stream socket on the loop.</summary>
/// <remarks>
/// A failing accept never ends anything: out of descriptors or memory, it stops looking for a second, or until a connection
/// closes, and tries again.
/// </remarks>
internal sealed unsafe class StreamListener : IListener, IEpollHandler
{
    private const int MaxAcceptsPerTurn = 64;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly SocketIO _io;
    private readonly int _fd;
    private readonly long _key;
    private readonly StreamTransport _transport;
    private readonly ITransportAcceptor _acceptor;
    private int _accepts = 1;
    private long _turn;
    private bool _isWatched;
    private bool _isFailing;

    /// <param name="io">The loop's socket buffers.</param>
    /// <param name="fd">A listening socket; owned, unless this throws.</param>
    /// <param name="transport">What kind of socket it is.</param>
    /// <param name="terms">What those who connect may authenticate with.</param>
    /// <param name="acceptor">Takes what connects.</param>
    /// <exception cref="StartException">The kernel watches no more (fs.epoll.max_user_watches), or has no memory: nobody would be served.</exception>
    internal StreamListener(SocketIO io, int fd, StreamTransport transport, SaslTerms terms, ITransportAcceptor acceptor)
    {
        _io = io;
        _fd = fd;
        _transport = transport;
        Terms = terms;
        _acceptor = acceptor;
        _key = io.Loop.Register(fd, this, LibC.EPOLLIN);
        _isWatched = _key >= 0
            ? true
            : throw new StartException($"cannot watch a listening socket: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    public SaslTerms Terms { get; set; }

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
        // One at first, since to find that there is no second costs nearly as much as a connection; more where they come turn after turn.
        _accepts = _io.Loop.Turns == _turn + 1 ? Math.Min(2 * _accepts, MaxAcceptsPerTurn) : 1;
        _turn = _io.Loop.Turns;
        for (int i = 0; i < _accepts && _isWatched && (i == 0 || !_acceptor.IsFull); i++)
        {
            int fd = LibC.Accept4(_fd, null, null, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
            if (fd >= 0)
            {
                _isFailing = false;
                Accept(new StreamConnection(_io, _transport, fd));
                continue;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno is not (LibC.EAGAIN or LibC.EINTR) && !ConcernsOnePeer(errno))
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
    }

    /// <summary>What accept(2) says of the connection that it would have handed out, not of the listener: the next one may be fine.</summary>
    /// <remarks>Source: accept(2), "Error handling": Linux passes pending errors of the network on.</remarks>
    internal static bool ConcernsOnePeer(int errno) => errno is LibC.ECONNABORTED or LibC.EPROTO or LibC.EPERM or LibC.ENETDOWN
        or LibC.ENOPROTOOPT or LibC.EHOSTDOWN or LibC.ENONET or LibC.EHOSTUNREACH or LibC.EOPNOTSUPP or LibC.ENETUNREACH or LibC.ETIMEDOUT;

    private void Accept(StreamConnection connection)
    {
        if (_transport.Admits(connection.Address))
        {
            _acceptor.Accept(connection, this);
            return;
        }

        connection.Close();
        _acceptor.Refused(connection.Address);
    }

    private void Fail(int errno)
    {
        if (!_isFailing)
        {
            _acceptor.AcceptFailed(errno);
        }

        _isFailing = true;
        Watch(false);
        _io.Loop.Deadlines.After(RetryAfter, static state => ((StreamListener)state!).Retry(), this);
    }

    private void Retry() => Watch(true);

    private void Watch(bool watch)
    {
        if (watch != _isWatched)
        {
            _isWatched = watch;
            _io.Loop.Modify(_fd, _key, watch ? LibC.EPOLLIN : 0);
        }
    }
}
