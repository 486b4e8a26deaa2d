using XcpBroker.Connections;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Driver;

/// <summary>The bus's own id, starting of services and its configuration. Specification, "Message Bus Messages".</summary>
/// <remarks>There is nothing to start and no configuration file yet: these answer as a bus without either.</remarks>
internal sealed class BusMethods(ConnectionTable connections, NameRegistry<Connection> names, string busId)
{
    private const uint AlreadyRunning = 2;

    internal IEnumerable<DriverMethod> Table =>
    [
        new(BusName.Driver, "GetId", "", "s", GetId),
        new(BusName.Driver, "StartServiceByName", "su", "u", StartServiceByName),
        new(BusName.Driver, "ListActivatableNames", "", "as", ListActivatableNames),
        new(BusName.Driver, "UpdateActivationEnvironment", "a{ss}", "", Accept) { Path = PathRule.CanonicalOrDenied, IsPrivileged = true },
        new(BusName.Driver, "ReloadConfig", "", "", Accept),
    ];

    private static DBusError Accept(ref DriverCall call) => default;

    private static DBusError ListActivatableNames(ref DriverCall call)
    {
        WireWriter reply = call.BeginReply();
        int array = reply.BeginArray(4);
        reply.WriteString(BusName.Driver);
        reply.EndArray(array);
        return default;
    }

    private DBusError GetId(ref DriverCall call)
    {
        call.BeginReply().WriteString(busId);
        return default;
    }

    private DBusError StartServiceByName(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        if (!name.SequenceEqual("org.freedesktop.DBus"u8) && connections.OwnerOf(name, names) is null)
        {
            return DBusError.ServiceUnknown(StrictUtf8.Instance.GetString(name));
        }

        call.BeginReply().WriteUInt32(AlreadyRunning);
        return default;
    }
}
