using System.Text;
using XcpBroker.Activation;
using XcpBroker.Connections;
using XcpBroker.Liveness;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>org.freedesktop.DBus: finds the row of a call, checks what the row demands, runs it, answers.</summary>
internal sealed class BusDriver : IBusDriver
{
    private const string PeerInterface = "org.freedesktop.DBus.Peer";

    private readonly BusMessages _bus;
    private readonly Privilege _privilege;
    private readonly ServiceActivation _activation;
    private readonly Dictionary<string, List<DriverMethod>> _methods = new(BusNameComparer.Instance);
    private readonly Dictionary<string, List<DriverMethod>>.AlternateLookup<ReadOnlySpan<byte>> _methodsByBytes;
    private readonly HashSet<string> _interfaces = [];

    internal BusDriver(BusMessages bus, Privilege privilege, ServiceActivation activation, IEnumerable<DriverMethod> table)
    {
        _bus = bus;
        _privilege = privilege;
        _activation = activation;
        foreach (DriverMethod method in table)
        {
            _interfaces.Add(method.Interface);
            if (!_methods.TryGetValue(method.Name, out List<DriverMethod>? same))
            {
                _methods.Add(method.Name, same = []);
            }

            same.Add(method);
        }

        _methodsByBytes = _methods.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Asks peers whether they live; set once by Composition.</summary>
    internal required PeerLiveness Liveness { get; init; }

    /// <summary>All rows, for the introspection test.</summary>
    internal IEnumerable<DriverMethod> Methods => _methods.Values.SelectMany(same => same);

    public void Call(Connection caller, in RoutedMessage message)
    {
        DriverMethod? method = message.Known?.Method;
        bool isKnown = method is not null;
        DBusError error = isKnown ? default : TryFind(message, out method);
        if (error.IsNone)
        {
            error = Check(caller, method!, message, isKnown);
        }

        if (!error.IsNone)
        {
            // Before Hello a caller is told one thing only, whatever it asked for.
            bool isEarly = caller.State == ConnectionState.AwaitingHello && method?.BeforeHello != true;
            _bus.SendError(message, isEarly ? DBusError.HelloFirst(Text(message.Member)) : error);
            return;
        }

        if (!isKnown && message.Known is { } known)
        {
            known.Method = method;
        }

        DriverCall call = new(_bus, method!, caller, message);
        error = method!.Function(ref call);
        if (error.IsNone)
        {
            call.SendReply();
        }
        else
        {
            _bus.SendError(message, error);
        }
    }

    public bool TryTakeReply(in RoutedMessage reply) => Liveness.IsAnswer(reply);

    public bool TryTakeSignal(in RoutedMessage signal) => _activation.TryTakeSignal(signal);

    private static string Text(ReadOnlySpan<byte> ascii) => Encoding.ASCII.GetString(ascii);

    private static bool IsOnPath(PathRule rule, ReadOnlySpan<byte> path) => rule switch
    {
        PathRule.Any => true,
        PathRule.BrokerOnly => Ascii.Equals(path, BrokerMethods.Path),
        _ => path.SequenceEqual("/org/freedesktop/DBus"u8),
    };

    private DBusError TryFind(in RoutedMessage message, out DriverMethod? method)
    {
        method = null;
        bool hasInterface = message.Header.Interface.IsPresent;
        if (!message.Header.Destination.IsPresent && !Text(message.Interface).Equals(PeerInterface, StringComparison.Ordinal))
        {
            return DBusError.DestinationMissing(hasInterface ? Text(message.Interface) : null, Text(message.Member));
        }

        if (_methodsByBytes.TryGetValue(message.Member, out List<DriverMethod>? same))
        {
            foreach (DriverMethod candidate in same)
            {
                if (!hasInterface || message.Interface.SequenceEqual(candidate.InterfaceBytes))
                {
                    method = candidate;
                    return default;
                }
            }
        }

        return hasInterface && !_interfaces.Contains(Text(message.Interface))
            ? DBusError.UnknownInterface(Text(message.Interface), Text(message.Path))
            : DBusError.UnknownMethod(hasInterface ? Text(message.Interface) : null, Text(message.Member), Text(message.Path));
    }

    /// <param name="caller">Who calls.</param>
    /// <param name="method">What it calls.</param>
    /// <param name="message">The call.</param>
    /// <param name="isKnown">Whether path and signature are known to be right.</param>
    private DBusError Check(Connection caller, DriverMethod method, in RoutedMessage message, bool isKnown)
    {
        if (caller.State == ConnectionState.AwaitingHello && !method.BeforeHello)
        {
            return DBusError.HelloFirst(method.Name);
        }

        if (!isKnown && !IsOnPath(method.Path, message.Path))
        {
            return method.Path == PathRule.CanonicalOrDenied
                ? DBusError.WrongPath(method.Name, Text(message.Path))
                : DBusError.UnknownInterface(method.Interface, Text(message.Path));
        }

        if (caller.Credentials.Domain is not null && !method.IsForDomains)
        {
            return DBusError.NotForDomains(method.Name);
        }

        if (method.IsPrivileged && !_privilege.IsPrivileged(caller))
        {
            return DBusError.NotPrivileged(method.Name);
        }

        return isKnown || message.Signature.SequenceEqual(method.InSignatureBytes)
            ? default
            : DBusError.WrongSignature(method.Name, method.InSignature, Text(message.Signature));
    }
}

/// <summary>Who may do what concerns more than its own business: root, and the user that the bus runs as.</summary>
internal sealed class Privilege(uint ownUserId)
{
    internal uint OwnUserId => ownUserId;

    internal bool IsPrivileged(Connection connection) =>
        connection.Credentials.UserId is { } user && (user == 0 || user == ownUserId);
}
