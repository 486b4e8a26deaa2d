using XcpBroker.Protocol;
using XcpBroker.Protocol.Names;
using XcpBroker.Reloading;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>The bus's own id, and its configuration. Specification, "Message Bus Messages".</summary>
internal sealed class BusMethods(Reloader reloader, string busId)
{
    internal IEnumerable<DriverMethod> Table =>
    [
        new(BusName.Driver, "GetId", "", "s", GetId) { IsForDomains = true },
        new(BusName.Driver, "ReloadConfig", "", "", ReloadConfig),
    ];

    private DBusError GetId(ref DriverCall call)
    {
        call.BeginReply().WriteString(busId);
        return default;
    }

    /// <summary>Answered when what was read is in force: whoever has written a file can rely on it after this.</summary>
    private DBusError ReloadConfig(ref DriverCall call)
    {
        DBusError error = reloader.Request(new WaitingCall(call.Caller, call.ReplySerial, call.ExpectsReply));
        if (error.IsNone)
        {
            call.AnswerLater();
        }

        return error;
    }
}
