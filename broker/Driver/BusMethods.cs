using XcpBroker.Protocol;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Driver;

/// <summary>The bus's own id, and its configuration. Specification, "Message Bus Messages".</summary>
internal sealed class BusMethods(string busId)
{
    internal IEnumerable<DriverMethod> Table =>
    [
        new(BusName.Driver, "GetId", "", "s", GetId),
        new(BusName.Driver, "ReloadConfig", "", "", Accept),
    ];

    private static DBusError Accept(ref DriverCall call) => default;

    private DBusError GetId(ref DriverCall call)
    {
        call.BeginReply().WriteString(busId);
        return default;
    }
}
