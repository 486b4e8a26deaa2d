using System.Text;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Driver;

/// <summary>Peer, Introspectable and Properties of the bus. Specification, "Standard Interfaces".</summary>
internal sealed class StandardInterfaces(string? machineId, bool usesSystemd)
{
    private const string Peer = "org.freedesktop.DBus.Peer";
    private const string Introspectable = "org.freedesktop.DBus.Introspectable";
    private const string Properties = "org.freedesktop.DBus.Properties";

    // The name of each property and its values; all are "as" and none can be set.
    private readonly (string Name, string[] Values)[] _busProperties =
    [
        ("Features", usesSystemd
            ? ["ActivatableServicesChanged", "HeaderFiltering", "SystemdActivation"]
            : ["ActivatableServicesChanged", "HeaderFiltering"]),
        ("Interfaces", [MonitoringMethods.Interface, StatsMethods.Interface]),
    ];

    internal IEnumerable<DriverMethod> Table =>
    [
        new(Peer, "Ping", "", "", Ping) { IsForDomains = true },
        new(Peer, "GetMachineId", "", "s", GetMachineId) { IsForDomains = true },
        new(Introspectable, "Introspect", "", "s", Introspect) { IsForDomains = true },
        new(Properties, "Get", "ss", "v", Get) { Path = PathRule.CanonicalOnly, IsForDomains = true },
        new(Properties, "GetAll", "s", "a{sv}", GetAll) { Path = PathRule.CanonicalOnly, IsForDomains = true },
        new(Properties, "Set", "ssv", "", Set) { Path = PathRule.CanonicalOnly },
    ];

    private static DBusError Ping(ref DriverCall call) => default;

    private static DBusError Introspect(ref DriverCall call)
    {
        call.BeginReply().WriteString(StandardIntrospection.Render(Encoding.ASCII.GetString(call.Path)));
        return default;
    }

    private DBusError Get(ref DriverCall call)
    {
        DBusError error = Find(ref call, out string[]? values);
        if (error.IsNone)
        {
            WriteVariant(call.BeginReply(), values!);
        }

        return error;
    }

    private DBusError GetAll(ref DriverCall call)
    {
        string name = call.ReadString();
        if (name != BusName.Driver)
        {
            return DBusError.UnknownInterface(name, "/org/freedesktop/DBus");
        }

        WireWriter reply = call.BeginReply();
        int dict = reply.BeginArray(8);
        foreach ((string property, string[] values) in _busProperties)
        {
            reply.BeginStruct();
            reply.WriteString(property);
            WriteVariant(reply, values);
        }

        reply.EndArray(dict);
        return default;
    }

    private DBusError Set(ref DriverCall call)
    {
        WireReader arguments = call.Arguments;
        DBusError error = Find(ref call, out _);
        if (!error.IsNone)
        {
            return error;
        }

        string name = StrictUtf8.Instance.GetString(arguments.ReadString());
        return DBusError.PropertyReadOnly(name, StrictUtf8.Instance.GetString(arguments.ReadString()));
    }

    private DBusError Find(ref DriverCall call, out string[]? values)
    {
        string interfaceName = call.ReadString();
        string property = call.ReadString();
        values = null;
        if (interfaceName != BusName.Driver)
        {
            return DBusError.UnknownInterface(interfaceName, "/org/freedesktop/DBus");
        }

        foreach ((string name, string[] found) in _busProperties)
        {
            if (name == property)
            {
                values = found;
                return default;
            }
        }

        return DBusError.UnknownProperty(interfaceName, property);
    }

    private static void WriteVariant(WireWriter reply, string[] values)
    {
        reply.WriteVariantSignature("as");
        int array = reply.BeginArray(4);
        foreach (string value in values)
        {
            reply.WriteString(value);
        }

        reply.EndArray(array);
    }

    private DBusError GetMachineId(ref DriverCall call)
    {
        if (machineId is null)
        {
            return DBusError.Failed("This host has no machine id: neither /var/lib/dbus/machine-id nor /etc/machine-id can be read.");
        }

        call.BeginReply().WriteString(machineId);
        return default;
    }
}
