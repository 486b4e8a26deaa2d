using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using XcpBroker.Auth;
using XcpBroker.Auth.Policy;
using XcpBroker.Auth.Sasl;
using XcpBroker.Buffering;
using XcpBroker.Domains;
using XcpBroker.Loop;
using XcpBroker.Quotas;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Connections;

/// <summary>Where a connection is in its life; it only moves downwards.</summary>
internal enum ConnectionState : byte
{
    Authenticating,
    AwaitingHello,
    Active,
    Monitoring,
    Closed,
}

/// <summary>One peer: its state, its identity, its outgoing queue and its handles in the registries.</summary>
/// <remarks>
/// It decides nothing: <see cref="InboundPump"/> reads it, the router fills its queue, <see cref="TurnWork"/> flushes it,
/// Disconnector takes it apart. Kept small, since a bus has thousands of idle ones.
/// </remarks>
internal sealed class Connection : ITransportEvents
{
    private readonly TurnWork _turn;
    private PeerCredentials? _identity;
    private OutgoingQueue? _queue;
    private bool _isFlushDue;
    private bool _waitsForWritable;
    private bool _isBroken;

    internal Connection(
        ITransportConnection transport, IListener listener, PeerCredentials identity, SaslServer sasl, Account account, TurnWork turn)
    {
        _identity = ReferenceEquals(identity, transport.Credentials) ? null : identity;
        IsInDomainByAddress = identity.Domain is { IsKnown: true } && listener.Terms.Domain is null;
        Transport = transport;
        Listener = listener;
        Sasl = sasl;
        Account = account;
        _turn = turn;
    }

    /// <summary>Stands for a peer that is gone, so that what it sent before can be judged and accounted for.</summary>
    private Connection(GonePeer transport, string uniqueName, Account account)
    {
        Transport = transport;
        Listener = null!;
        Account = account;
        _turn = null!;
        State = ConnectionState.Closed;
        UniqueName = Encoding.ASCII.GetBytes(uniqueName);
    }

    internal ITransportConnection Transport { get; }

    internal IListener Listener { get; }

    /// <summary>Who it is: what its listener proves or the kernel said, until it has authenticated as somebody else.</summary>
    internal PeerCredentials Credentials => _identity ?? Transport.Credentials;

    /// <summary>The domain that it is in; null: it is of this host, or nobody knows.</summary>
    internal BusDomain? Domain { get; set; }

    /// <summary>What of the bus is there for it; null: it is of this host, and everything is.</summary>
    internal DomainSight? Sight { get; set; }

    /// <summary>Its place in what domains see, from Hello until it goes; -1: none.</summary>
    internal int Slot { get; private set; } = -1;

    /// <summary>Whether that is so because of the address that it came from.</summary>
    internal bool IsInDomainByAddress { get; }

    /// <summary>Whose share it holds bytes of.</summary>
    internal Payer Payer => new(Credentials.UserId, Credentials.Domain?.Name);

    internal ConnectionState State { get; private set; } = ConnectionState.Authenticating;

    /// <summary>The conversation until BEGIN, then null.</summary>
    internal SaslServer? Sasl { get; private set; }

    /// <summary>NEGOTIATE_UNIX_FD was agreed.</summary>
    internal bool CanReceiveFds { get; private set; }

    /// <summary>n of the unique name; meaningful from Hello on.</summary>
    internal ulong Id { get; private set; }

    /// <summary>ASCII; empty before Hello.</summary>
    internal byte[] UniqueName { get; private set; } = [];

    /// <summary>Pays for queued bytes.</summary>
    internal Account Account { get; private set; }

    /// <summary>Pays for queued descriptors; null until there are any.</summary>
    internal Account? FdAccount { get; set; }

    /// <summary>What it may do; null until it has authenticated.</summary>
    internal PeerPolicy? Policy { get; set; }

    /// <summary>What the policy's rules call it; null: to be found out anew.</summary>
    internal PolicyNames? PolicyNames { get; set; }

    /// <summary>Handles of <see cref="PendingReplies"/>.</summary>
    internal ReplyLists Replies;

    /// <summary>Its messages that wait for an absent receiver, latest first; see <see cref="MessageHolder"/>.</summary>
    internal HeldMessage? FirstHeld { get; set; }

    /// <summary>What it was given for its declared names and may not have read; null: it has owned none.</summary>
    internal GivenOneWay? Given { get; set; }

    /// <summary>For Debug.Stats and the loss log.</summary>
    internal ConnectionCounters Counters;

    /// <summary>auth_timeout, until Hello.</summary>
    internal Deadline AuthDeadline;

    /// <summary>pending_fd_timeout, while an incomplete message has descriptors.</summary>
    internal Deadline PendingFdDeadline;

    internal bool HasPendingFdDeadline { get; set; }

    /// <summary>What is charged to <see cref="Account"/> for the message that has begun to come.</summary>
    internal int HeldCharge { get; set; }

    /// <summary>Bytes of input that wait: of that message, or whole ones for the next turn.</summary>
    internal int HeldBytes { get; set; }

    /// <summary>It is to be taken apart as soon as the message in hand is done; nothing more is read from it or queued for it.</summary>
    internal bool IsDoomed { get; set; }

    /// <summary>Left-over input waits for the next turn.</summary>
    internal bool IsResumeDue { get; set; }

    /// <summary>It waits until its domain may send again; see <see cref="PacedInputs"/>.</summary>
    internal bool IsPaced { get; set; }

    internal bool IsOpen
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => State != ConnectionState.Closed && !IsDoomed;
    }

    internal bool IsRegistered => State is ConnectionState.Active or ConnectionState.Monitoring;

    internal long QueuedBytes => _queue?.Bytes ?? 0;

    internal int QueuedMessages => _queue?.Messages ?? 0;

    internal int QueuedFds => _queue?.Fds ?? 0;

    internal string UniqueNameText => Encoding.ASCII.GetString(UniqueName);

    /// <summary>A connection that is closed and was never open: a sender of whom only messages are left.</summary>
    internal static Connection OfGone(PeerCredentials credentials, string uniqueName, Account account) =>
        new(new GonePeer(credentials), uniqueName, account);

    internal void FinishAuthentication()
    {
        Debug.Assert(State == ConnectionState.Authenticating, "authenticated twice");
        CanReceiveFds = Sasl!.FdsAgreed;
        if (!CanReceiveFds)
        {
            Transport.RefuseFds();
        }

        IdentifyAs(Sasl.Identity);
        Sasl = null;
        Counters.OutgoingMessages = 0; // what it was sent so far was no messages
        State = ConnectionState.AwaitingHello;
    }

    /// <summary>It owns or waits for so many names more.</summary>
    internal void NoteClaims(int more)
    {
        PolicyNames = null;
        if (Domain is { } domain)
        {
            domain.Names += more;
        }
    }

    /// <summary>It is known to be somebody else.</summary>
    internal void IdentifyAs(PeerCredentials identity) => _identity = ReferenceEquals(identity, Transport.Credentials) ? null : identity;

    /// <summary>Another user pays from now on; what is queued stays the former's until it has left.</summary>
    internal void ChargeTo(Account account)
    {
        ReleaseHeldCharge();
        Account.Close();
        Account = account;
    }

    /// <summary>Gives back what is charged for the message that had begun to come.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void ReleaseHeldCharge()
    {
        if (HeldCharge > 0)
        {
            Account.Release(ChargeKind.Held, HeldCharge);
            HeldCharge = 0;
        }
    }

    internal void Register(ulong id, byte[] uniqueName, int slot)
    {
        Debug.Assert(State == ConnectionState.AwaitingHello, "registered twice");
        Id = id;
        Slot = slot;
        UniqueName = uniqueName;
        State = ConnectionState.Active;
    }

    internal void BecomeMonitor()
    {
        Debug.Assert(State == ConnectionState.Active, "only a registered connection becomes a monitor");
        Given?.Stop();
        Given = null;
        State = ConnectionState.Monitoring;
    }

    /// <summary>Queues bytes that <paramref name="payer"/> has been charged for; they leave at the end of the turn.</summary>
    internal void Enqueue(in OutgoingMessage message, QueuedFds? fds, Account payer, ChargeKind kind)
    {
        Debug.Assert(IsOpen, "queued for a closed connection");
        _queue ??= _turn.Queues.Rent();

        OutgoingQueue queue = _queue;
        if (!_waitsForWritable && !_isBroken)
        {
            queue.Append(_turn.Queues.Blocks, message, fds, payer, kind);
            if (!_isFlushDue)
            {
                _isFlushDue = true;
                _turn.FlushAtTurnEnd(this);
            }
        }
        else
        {
            // A queue that is not flushed at the end of this turn must not refer to what only lasts for it.
            queue.Append(_turn.Queues.Blocks, message.BodyBlock is { IsScratch: true } ? message.WithoutBlock() : message, fds, payer, kind);
        }

        Counters.CountOut(queue.Bytes, queue.Fds);
    }

    /// <summary>Bytes of the SASL conversation, before any message.</summary>
    internal void EnqueueAuthentication(ReadOnlySpan<byte> bytes) => Enqueue(new OutgoingMessage(bytes, default, null, 0), null, Account, ChargeKind.Reserved);

    internal void Flush()
    {
        _isFlushDue = false;
        if (_queue is not { } queue || _isBroken || State == ConnectionState.Closed)
        {
            return;
        }

        int result = queue.Flush(_turn.Queues.Blocks, Transport);
        if (queue.IsEmpty)
        {
            _turn.Queues.Return(queue);
            _queue = null;
            WaitForWritable(false);
            return;
        }

        if (result == ITransportConnection.Broken)
        {
            // The peer is gone, but what it sent before may still be unread: the reader finds the end. What it was not sent may be for another.
            _isBroken = true;
        }

        WaitForWritable(result == 0);
        if (result == ITransportConnection.TryLater)
        {
            _turn.FlushLater(this);
        }
    }

    public void OnReadable()
    {
        if (IsOpen && !IsResumeDue)
        {
            _turn.Pump(this);
        }
    }

    public void OnWritable() => Flush();

    public void OnHungUp()
    {
        // What a peer has sent that must wait is read all the same, and then its end.
        if (!IsPaced)
        {
            _turn.HangUp(this);
        }
    }

    /// <summary>Empties the queue, since nothing more will be written: what has not begun to be sent goes to the taker.</summary>
    internal void TakeUnsent(IUnsentTaker taker)
    {
        if (_queue is not null)
        {
            _queue.TakeUnsent(_turn.Queues.Blocks, taker);
            _turn.Queues.Return(_queue);
            _queue = null;
        }
    }

    /// <summary>The end: the transport is closed and whatever was queued is let go.</summary>
    internal void Close()
    {
        Debug.Assert(State != ConnectionState.Closed, "closed twice");
        State = ConnectionState.Closed;
        Given?.Stop();
        if (_queue is not null)
        {
            _queue.Clear();
            _turn.Queues.Return(_queue);
            _queue = null;
        }

        Transport.Close();
    }

    public override string ToString()
    {
        string name = UniqueName.Length > 0 ? UniqueNameText : "unregistered";
        return Credentials.Domain is { } domain
            ? $"{name} (domain {domain}, {Transport.Address.Transport})"
            : $"{name} (pid {Credentials.ProcessId?.ToString(null, null) ?? "unknown"}, uid {Credentials.UserId?.ToString(null, null) ?? "unknown"})";
    }

    private void WaitForWritable(bool wait)
    {
        if (wait != _waitsForWritable)
        {
            _waitsForWritable = wait;
            Transport.NotifyWhenWritable(wait);
        }
    }
}
