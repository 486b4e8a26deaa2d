using Microsoft.Extensions.Logging;
using XcpBroker.Auth;
using XcpBroker.Auth.Sasl;
using XcpBroker.Diagnostics;
using XcpBroker.Domains;
using XcpBroker.Liveness;
using XcpBroker.Loop;
using XcpBroker.Metrics;
using XcpBroker.Protocol;
using XcpBroker.Quotas;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Connections;

/// <summary>Lets connections in: accepts them while there is room, gives them their time to authenticate and to say Hello.</summary>
internal sealed class ConnectionAdmission(
    ConnectionTable connections,
    DomainTable domains,
    DomainQuota accounts,
    BrokerCounters counters,
    BusLoop loop,
    Dooms dooms,
    PolicyGate gate,
    LimitsInForce limits,
    ILogger log) : ITransportAcceptor
{
    private readonly List<IListener> _listeners = [];
    private readonly Dictionary<Payer, int> _connectionsPerUser = [];
    private readonly EpisodeLog<RefusedPeer> _refusals = new(
        loop, 16, (peer, count) => LinkLog.PeerRefusedOften(log, peer.Address?.ToString() ?? "others", count));
    private readonly IncompleteConnections _incomplete = new();
    private bool _isCrowded;

    /// <summary>What a new connection is told to do with its turns; set once by Composition.</summary>
    internal required TurnWork Turn { get; init; }

    /// <summary>Looks after peers of other machines, from Hello to their end; set once by Composition.</summary>
    internal required Func<PeerLiveness> Liveness { get; init; }

    /// <summary>Told when one has said Hello, and when one has gone; set once by Composition.</summary>
    internal required Action ConnectionsChanged { get; init; }

    /// <summary>Takes apart what a deadline has doomed; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    public bool IsFull => _incomplete.Count >= limits.Current.MaxIncompleteConnections;

    internal void AddListener(IListener listener) => _listeners.Add(listener);

    internal void RemoveListener(IListener listener) => _listeners.Remove(listener);

    public void Accept(ITransportConnection transport, IListener listener)
    {
        PeerCredentials identity = domains.Identify(transport, listener.Terms);
        SaslServer sasl = new(identity, listener.Terms, transport.CanPassFds && identity.Domain is null, transport.Address);
        Account account = accounts.Open(new Payer(identity.UserId, identity.Domain?.Name));
        Connection connection = new(transport, listener, identity, sasl, account, Turn);
        connections.Add(connection);
        connection.AuthDeadline = DoomAfter(connection, limits.Current.AuthTimeout, CloseReason.AuthTimeout);
        transport.Start(connection);
        _incomplete.Add(connection);
        JoinDomain(connection);
        TakeApartDoomed();
        MakeRoom();
    }

    public void Refused(PeerAddress address)
    {
        if (_refusals.Begins(new RefusedPeer(address)))
        {
            LinkLog.PeerRefused(log, address);
        }
    }

    public void AcceptFailed(int errno) => Log.AcceptFailed(log, new System.ComponentModel.Win32Exception(errno).Message);

    /// <summary>Sends a line of the SASL conversation.</summary>
    internal void Answer(Connection connection, ReadOnlySpan<byte> line)
    {
        if (connection.Account.TryCharge(ChargeKind.Reserved, line.Length) == ChargeResult.Charged)
        {
            connection.EnqueueAuthentication(line);
        }
        else
        {
            dooms.Doom(connection, CloseReason.SlowReader);
        }
    }

    /// <summary>SASL has ended well: may this user connect at all?</summary>
    internal void Authenticated(Connection connection)
    {
        connection.FinishAuthentication();
        if (connection.Payer != connection.Account.Payer)
        {
            connection.ChargeTo(accounts.Open(connection.Payer));
        }

        _incomplete.Move(connection);
        JoinDomain(connection);
        if (connection.Credentials.IsAnonymous && !connection.Listener.Terms.AllowsAnonymous)
        {
            dooms.Doom(connection, CloseReason.ConnectNotAllowed, "ANONYMOUS, without <allow_anonymous/>");
        }
        else if (!gate.MayConnect(connection))
        {
            dooms.Doom(connection, CloseReason.ConnectNotAllowed);
        }
    }

    private void JoinDomain(Connection connection)
    {
        if (domains.Join(connection) is { } obstacle)
        {
            dooms.Doom(connection, CloseReason.ConnectNotAllowed, obstacle);
        }
    }

    /// <summary>Hello: gives the connection its unique name, or says which limit is in the way.</summary>
    internal DBusError Register(Connection connection)
    {
        if (connections.RegisteredCount >= limits.Current.MaxCompletedConnections)
        {
            return DBusError.LimitsExceeded("Active connections", "max_completed_connections", limits.Current.MaxCompletedConnections);
        }

        Payer user = connection.Payer;
        int ofUser = _connectionsPerUser.GetValueOrDefault(user);
        if (ofUser >= limits.Current.MaxConnectionsPerUser)
        {
            return DBusError.LimitsExceeded($"Active connections of {user}", "max_connections_per_user", limits.Current.MaxConnectionsPerUser);
        }

        _connectionsPerUser[user] = ofUser + 1;
        connections.Register(connection);
        connection.AuthDeadline.Cancel();
        Complete(connection);
        Liveness().Watch(connection);
        ConnectionsChanged();
        Log.Registered(log, connection);
        return default;
    }

    /// <summary>After each read: descriptors that belong to no message are closed, and an incomplete one has only so long.</summary>
    internal void WatchHeldFds(Connection connection, bool atMessageBoundary)
    {
        ReceivedFds received = connection.Transport.ReceivedFds;
        bool holds = received.Count > 0 && !atMessageBoundary;
        if (received.Count > 0 && atMessageBoundary)
        {
            received.CloseAll();
        }

        if (holds && received.Count > limits.Current.MaxIncomingUnixFds)
        {
            dooms.Doom(connection, CloseReason.InvalidFds, $"{received.Count} descriptors of an incomplete message; max_incoming_unix_fds is {limits.Current.MaxIncomingUnixFds}");
            return;
        }

        if (holds != connection.HasPendingFdDeadline)
        {
            connection.HasPendingFdDeadline = holds;
            if (!holds)
            {
                connection.PendingFdDeadline.Cancel();
            }
            else if (connection.Credentials.UserId != 0)
            {
                connection.PendingFdDeadline = DoomAfter(connection, limits.Current.PendingFdTimeout, CloseReason.PendingFdTimeout);
            }
        }
    }

    /// <summary>Its deadlines, its place among its user's connections, and whatever waited for a place.</summary>
    internal void Forget(Connection connection)
    {
        ConnectionsChanged();
        connection.AuthDeadline.Cancel();
        connection.PendingFdDeadline.Cancel();
        connection.Domain?.Leave(connection);
        Liveness().Forget(connection);
        if (connection.IsRegistered)
        {
            Payer user = connection.Payer;
            if (--_connectionsPerUser[user] == 0)
            {
                _connectionsPerUser.Remove(user);
            }
        }

        foreach (IListener listener in _listeners)
        {
            listener.OnConnectionClosed();
        }

        Complete(connection);
    }

    private void Complete(Connection connection)
    {
        _incomplete.Remove(connection);
        _isCrowded &= _incomplete.Count > limits.Current.MaxIncompleteConnections / 2;
    }

    /// <summary>Who has most of the connections that have yet to say Hello loses the oldest of them: others need not wait for theirs.</summary>
    private void MakeRoom()
    {
        // With a limit of 0 dbus-daemon lets one in at a time.
        while (_incomplete.Count > Math.Max(1, limits.Current.MaxIncompleteConnections) && _incomplete.TryFindOldestOfMost(out Connection? oldest))
        {
            if (!_isCrowded)
            {
                _isCrowded = true;
                Log.TooManyIncomplete(log, limits.Current.MaxIncompleteConnections, oldest.Payer);
            }

            counters.IncompleteEnded++;
            dooms.Doom(oldest, CloseReason.TooManyIncomplete);
            TakeApartDoomed();
        }
    }

    private Deadline DoomAfter(Connection connection, TimeSpan delay, CloseReason reason) =>
        loop.Deadlines.After(delay, _ =>
        {
            dooms.Doom(connection, reason);
            TakeApartDoomed();
        }, null);

    /// <param name="Address">Null: more than are told apart.</param>
    private readonly record struct RefusedPeer(PeerAddress? Address);
}
