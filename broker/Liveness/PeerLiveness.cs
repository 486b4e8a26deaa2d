using Microsoft.Extensions.Logging;
using XcpBroker.Connections;
using XcpBroker.Diagnostics;
using XcpBroker.Driver;
using XcpBroker.Loop;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Liveness;

/// <summary>Peers on other machines that have fallen silent: they are asked, and who does not answer is reported.</summary>
/// <remarks>
/// A peer that was silent for its grace gets a Ping (specification, "org.freedesktop.DBus.Peer"); if nothing at all comes within another
/// grace, root and the bus's user are told once. A service that is busy for minutes is not dead, so it is disconnected only where
/// unresponsive_timeout says when. That its machine is gone the transport finds out by itself.
/// </remarks>
internal sealed class PeerLiveness(BusMessages bus, BusLoop loop, LimitsInForce limits, Dooms dooms, Privilege privilege, ILogger log)
{
    /// <summary>How long a peer may be silent where nobody says otherwise, as in the transport.</summary>
    internal static readonly TimeSpan DefaultGrace = TimeSpan.FromSeconds(60);

    private readonly Dictionary<Connection, PeerWatch> _watches = [];

    /// <summary>Takes apart what is doomed; set once by Composition.</summary>
    internal required Action TakeApartDoomed { get; init; }

    /// <summary>How long this one may be silent; set once by Composition where domains have graces of their own.</summary>
    internal Func<Connection, TimeSpan> GraceOf { get; init; } = static _ => DefaultGrace;

    /// <summary>A peer has said Hello.</summary>
    internal void Watch(Connection connection)
    {
        bool isRemote = connection.Transport.Address.IsRemote || connection.Credentials.Domain is not null;
        if (isRemote)
        {
            connection.Transport.SetGrace(GraceOf(connection));
            PeerWatch watch = new(connection);
            _ = watch.HasSpoken();
            _watches.Add(connection, watch);
            LookAfter(watch, GraceOf(connection));
        }
    }

    /// <summary>The connection is being taken apart.</summary>
    internal void Forget(Connection connection)
    {
        if (_watches.Remove(connection, out PeerWatch? watch))
        {
            watch.Look.Cancel();
        }
    }

    /// <summary>Whether a reply to the bus answers its Ping.</summary>
    internal bool IsAnswer(in RoutedMessage reply) =>
        _watches.TryGetValue(reply.Sender!, out PeerWatch? watch) && watch.PingSerial != 0 && watch.PingSerial == reply.Header.ReplySerial;

    private void LookAfter(PeerWatch watch, TimeSpan delay) => watch.Look = loop.Deadlines.After(delay, _ => Look(watch), null);

    private void Look(PeerWatch watch)
    {
        Connection connection = watch.Connection;
        TimeSpan grace = GraceOf(connection);
        if (watch.HasSpoken())
        {
            if (watch.IsReported)
            {
                LinkLog.Responds(log, connection);
            }

            watch.PingSerial = 0;
            watch.IsReported = false;
            LookAfter(watch, grace);
        }
        else if (watch.PingSerial == 0)
        {
            Ping(watch);
            LookAfter(watch, grace);
        }
        else
        {
            TakeSilence(watch, grace);
        }

        // The messages of this look may have found somebody who does not read.
        TakeApartDoomed();
    }

    private void Ping(PeerWatch watch)
    {
        if (watch.Connection.State != ConnectionState.Active || !watch.Connection.IsOpen)
        {
            return;
        }

        _ = bus.BeginMessage(new MessageFields
        {
            Type = MessageType.MethodCall,
            Flags = MessageFlags.NoAutoStart,
            Destination = watch.Connection.UniqueNameText,
            Path = "/",
            Interface = "org.freedesktop.DBus.Peer",
            Member = "Ping",
        });
        if (bus.SendMessage(watch.Connection))
        {
            watch.PingSerial = bus.Serial;
            watch.PingedAt = loop.Clock.GetTimestamp();
        }
    }

    private void TakeSilence(PeerWatch watch, TimeSpan grace)
    {
        TimeSpan silence = loop.Clock.GetElapsedTime(watch.PingedAt);
        if (!watch.IsReported)
        {
            watch.IsReported = true;
            LinkLog.Unresponsive(log, watch.Connection, silence.TotalSeconds);
            Report(watch.Connection, silence);
        }

        if (limits.Current.UnresponsiveTimeout is not { } timeout)
        {
            LookAfter(watch, grace);
        }
        else if (silence < timeout)
        {
            LookAfter(watch, timeout - silence < grace ? timeout - silence : grace);
        }
        else
        {
            dooms.Doom(watch.Connection, CloseReason.Unresponsive);
        }
    }

    private void Report(Connection connection, TimeSpan silence)
    {
        WireWriter body = bus.BeginMessage(new MessageFields
        {
            Type = MessageType.Signal,
            Flags = MessageFlags.NoReplyExpected,
            Path = BrokerMethods.Path,
            Interface = BrokerMethods.Interface,
            Member = "Unresponsive",
            Signature = "sst",
        });
        body.WriteString(connection.UniqueNameText);
        body.WriteString(connection.Credentials.Domain?.Name ?? "");
        body.WriteUInt64((ulong)silence.TotalMilliseconds);
        bus.BroadcastMessage(privilege.IsPrivileged);
    }
}
