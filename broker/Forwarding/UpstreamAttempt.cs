using System.Buffers;
using System.ComponentModel;
using System.IO.Pipelines;
using XcpBroker.Auth.Sasl;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>One session's way to the bus: connects and authenticates, again and again until it succeeds or the client has waited enough.</summary>
/// <remarks>Once it has succeeded, what happens to the connection is the session's.</remarks>
internal sealed class UpstreamAttempt : ITransportEvents, IEpollHandler
{
    /// <summary>For connecting and authenticating once.</summary>
    private static readonly TimeSpan TryTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Upstream _bus;
    private readonly ITransportEvents _session;
    private readonly Action<bool> _done;
    private readonly ArrayBufferWriter<byte> _output = new(256);
    private readonly long _begun;
    private TimeSpan _pause = FirstPause;
    private UpstreamBus? _found;
    private int _nextName;
    private int _socket = -1;
    private long _key;
    private SaslClient? _sasl;
    private Deadline _deadline;
    private bool _isOver;

    /// <param name="bus">What all sessions share.</param>
    /// <param name="session">Gets the events of the connection, once there is one.</param>
    /// <param name="done">Called once, with whether the bus has accepted.</param>
    internal UpstreamAttempt(Upstream bus, ITransportEvents session, Action<bool> done)
    {
        _bus = bus;
        _session = session;
        _done = done;
        _begun = bus.Loop.Clock.GetTimestamp();
        Resolve();
    }

    /// <summary>The connection: authenticated, and the session's, once the attempt has succeeded.</summary>
    internal ITransportConnection? Connection { get; private set; }

    /// <summary>The bus's GUID, then.</summary>
    internal string Guid => _sasl!.Guid;

    /// <summary>Gives up, and closes the connection of an attempt that has succeeded.</summary>
    internal void Cancel()
    {
        _isOver = true;
        _deadline.Cancel();
        CloseAll();
    }

    public void OnReadable()
    {
        if (_sasl is { Guid.Length: > 0 })
        {
            _session.OnReadable();
        }
        else
        {
            ReadAnswer();
        }
    }

    public void OnWritable() => _session.OnWritable();

    public void OnHungUp() => _session.OnHungUp();

    /// <summary>The socket is connected, or cannot be.</summary>
    public void OnEvents(uint events)
    {
        int socket = _socket;
        _bus.Io.Loop.Unregister(socket, _key);
        _socket = -1;
        int errno = _found!.Choice.Transport.Outcome(socket);
        if (errno == 0)
        {
            Authenticate(socket);
            return;
        }

        _ = LibC.Close(socket);
        TryNext(errno);
    }

    private void Resolve()
    {
        _nextName = 0;
        _bus.Resolve((found, problem) =>
        {
            if (_isOver)
            {
                return;
            }

            _found = found;
            if (found is null)
            {
                Fail(problem);
            }
            else
            {
                TryNext(0);
            }
        });
    }

    private void TryNext(int lastErrno)
    {
        _deadline.Cancel();
        if (_nextName == _found!.Names.Count)
        {
            Fail($"cannot connect: {new Win32Exception(lastErrno).Message}");
            return;
        }

        _socket = _found.Choice.Transport.Begin(_found.Names[_nextName++], out int errno);
        if (_socket < 0)
        {
            TryNext(errno);
            return;
        }

        _deadline = _bus.Loop.Deadlines.After(TryTime, static state => ((UpstreamAttempt)state!).TimeOut(), this);
        _key = _bus.Io.Loop.Register(_socket, this, LibC.EPOLLOUT);
    }

    private void TimeOut()
    {
        bool isConnected = Connection is not null;
        CloseAll();
        if (isConnected)
        {
            Fail("it does not answer");
        }
        else
        {
            TryNext(LibC.ETIMEDOUT);
        }
    }

    private void Authenticate(int socket)
    {
        Connection = _found!.Choice.Transport.Join(_bus.Io, socket);
        _sasl = _found.NewConversation();
        _sasl.Begin(_output);
        Connection.Start(this);
        Say();
    }

    private void ReadAnswer()
    {
        PipeReader input = Connection!.Input;
        if (!input.TryRead(out ReadResult result))
        {
            return;
        }

        SaslClientOutcome outcome = _sasl!.Receive(result.Buffer.FirstSpan, out int consumed, _output);
        input.AdvanceTo(result.Buffer.GetPosition(consumed), outcome == SaslClientOutcome.NeedMoreData ? result.Buffer.End : result.Buffer.GetPosition(consumed));
        if (outcome == SaslClientOutcome.Refused && _bus.IsFixed)
        {
            End(_sasl.Refusal);
        }
        else if (outcome == SaslClientOutcome.Refused)
        {
            // The bus may have started, or this domain been told, since xenstore was read.
            Fail(_sasl.Refusal);
        }
        else if (result.IsCompleted && outcome == SaslClientOutcome.NeedMoreData)
        {
            Fail("it closes the connection before it has accepted");
        }
        else if (Say() && outcome == SaslClientOutcome.Authenticated)
        {
            _deadline.Cancel();
            _bus.Works();
            _done(true);
        }
    }

    private bool Say()
    {
        bool isSaid = ShortText.TrySend(Connection!, _bus.Io.Pool, _output.WrittenSpan);
        _output.ResetWrittenCount();
        if (!isSaid)
        {
            Fail("it closes the connection before it has accepted");
        }

        return isSaid;
    }

    /// <summary>This time it did not work; there may be another one.</summary>
    private void Fail(string problem)
    {
        _deadline.Cancel();
        CloseAll();
        if (_bus.Loop.Clock.GetElapsedTime(_begun) + _pause > _bus.Patience)
        {
            End(problem);
            return;
        }

        _bus.Failed(problem);
        _deadline = _bus.Loop.Deadlines.After(_pause, static state => ((UpstreamAttempt)state!).Resolve(), this);
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    /// <summary>It will not work.</summary>
    private void End(string problem)
    {
        _bus.Failed(problem);
        Cancel();
        _done(false);
    }

    private void CloseAll()
    {
        if (_socket >= 0)
        {
            _bus.Io.Loop.Unregister(_socket, _key);
            _ = LibC.Close(_socket);
            _socket = -1;
        }

        Connection?.Close();
        Connection = null;
        _sasl = null;
    }
}
