using System.ComponentModel;
using Microsoft.Extensions.Logging;
using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;
using XcpBroker.Buffers;
using XcpBroker.Interop;
using XcpBroker.Loop;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>A socket of this machine behind which there is a bus on another one, for clients that know neither vsock nor XCP_TOKEN.</summary>
internal sealed class Forwarder : ITransportAcceptor, IDisposable
{
    /// <summary>Clients from one collection of what their way in has left to the next. A forwarder has nothing else to do while they come.</summary>
    private const int ClientsPerCollection = 8;

    /// <summary>Clients that have come or gone, from which on it is worth while to look for more to give back in a quiet second.</summary>
    private const int WorthGivingBack = 32;

    /// <summary>Bytes of one read, and so what waits in each direction of a session at most.</summary>
    private const int ReadBytes = 32 * 1024;

    private readonly EpollBusLoop _loop = new(TimeProvider.System);
    private readonly BlockPool _blocks = new(maxIdleBytes: 1 << 20);
    private readonly SocketIO _io;
    private readonly Upstream _bus;
    private readonly StreamListener _listener;
    private readonly ForwardOptions _options;
    private readonly HashSet<uint> _refused = [];
    private readonly HashSet<ForwardSession> _sessions = [];
    private readonly IdleCollection _idle;
    private readonly ILogger _log;
    private int _accepted;

    /// <param name="options">What it is told to do.</param>
    /// <param name="socket">A listening Unix socket; owned.</param>
    /// <param name="log">Where it says what happens.</param>
    internal Forwarder(ForwardOptions options, int socket, ILogger log)
    {
        _options = options;
        _log = log;
        _io = new SocketIO(_loop, _blocks, ReadBytes);
        _idle = new IdleCollection(_loop, WorthGivingBack, GiveBack);
        _bus = new Upstream(options, _io, new SerialWorker().Run, log);

        // The terms are each session's own: its GUID is the bus's.
        _listener = new StreamListener(_io, socket, new UnixTransport(), new SaslTerms("", SaslMechanisms.ExternalOnly), this);
    }

    /// <summary>Serves until <see cref="RequestStop"/>, on the calling thread.</summary>
    internal void Run()
    {
        GiveBack(isMostlyGarbage: false);
        _loop.Run();
    }

    /// <summary>From any thread.</summary>
    internal void RequestStop() => _loop.Schedule(static state => ((EpollBusLoop)state!).Stop(), _loop);

    public bool IsFull => false;

    public void Accept(ITransportConnection transport, IListener listener)
    {
        if (++_accepted % ClientsPerCollection == 0)
        {
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        }

        _sessions.Add(new ForwardSession(_bus, transport, IsAllowed, Forget));
        _idle.ConnectionsChanged(_sessions.Count);
    }

    public void Refused(PeerAddress address)
    {
        // No Unix peer is refused by where it comes from.
    }

    public void AcceptFailed(int errno) => ForwardLog.AcceptFailed(_log, new Win32Exception(errno).Message);

    public void Dispose()
    {
        foreach (ForwardSession session in _sessions.ToArray())
        {
            session.End();
        }

        _listener.Dispose();
        _io.Dispose();
        _loop.Dispose();
        _blocks.Dispose();
    }

    private void GiveBack(bool isMostlyGarbage)
    {
        IdleCollection.GiveBack(_blocks, isMostlyGarbage);
        ProgramPages.LetGo();
    }

    private bool IsAllowed(uint? user)
    {
        bool isAllowed = user is { } known && (known == 0 || known == LibC.GetEffectiveUserId() || _options.AllowedUsers.Contains(known));
        if (!isAllowed && _refused.Add(user ?? uint.MaxValue))
        {
            ForwardLog.UserRefused(_log, user);
        }

        return isAllowed;
    }

    private void Forget(ForwardSession session)
    {
        _sessions.Remove(session);
        _idle.ConnectionsChanged(_sessions.Count);
        _listener.OnConnectionClosed();
    }
}
