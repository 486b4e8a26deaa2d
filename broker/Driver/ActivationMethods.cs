using XcpBroker.Activation;
using XcpBroker.Connections;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>Starting of services and their environment. Specification, "Message Bus Messages".</summary>
internal sealed class ActivationMethods(
    ConnectionTable connections,
    NameRegistry<Connection> names,
    Visibility visibility,
    ServiceActivation activation,
    AbsentPeers absent,
    ActivationEnvironment environment,
    bool mayChangeEnvironment)
{
    private const uint AlreadyRunning = 2;

    internal IEnumerable<DriverMethod> Table =>
    [
        new(BusName.Driver, "StartServiceByName", "su", "u", StartServiceByName) { IsForDomains = true },
        new(BusName.Driver, "ListActivatableNames", "", "as", ListActivatableNames) { IsForDomains = true },
        new(BusName.Driver, "UpdateActivationEnvironment", "a{ss}", "", UpdateActivationEnvironment)
        {
            Path = PathRule.CanonicalOrDenied,
            IsPrivileged = true,
        },
    ];

    /// <summary>The specification: 2 whenever the name is owned. Both reference brokers have an error for names without a descriptor.</summary>
    private DBusError StartServiceByName(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        if (name.SequenceEqual("org.freedesktop.DBus"u8) || visibility.OwnerOf(call.Caller, name) is not null)
        {
            call.BeginReply().WriteUInt32(AlreadyRunning);
            return default;
        }

        if (call.Caller.Sight is not null && (connections.OwnerOf(name, names) is not null || !visibility.Sees(call.Caller, name)))
        {
            return DBusError.ServiceUnknown(StrictUtf8.Instance.GetString(name));
        }

        DBusError error = absent.Start(name, call.Message);
        if (error.IsNone)
        {
            call.AnswerLater();
        }

        return error;
    }

    private DBusError ListActivatableNames(ref DriverCall call)
    {
        WireWriter reply = call.BeginReply();
        int array = reply.BeginArray(4);
        reply.WriteString(BusName.Driver);
        foreach (string name in activation.ActivatableNames)
        {
            if (visibility.SeesAbsent(call.Caller, name))
            {
                reply.WriteString(name);
            }
        }

        reply.EndArray(array);
        return default;
    }

    /// <summary>All of the variables or none of them.</summary>
    private DBusError UpdateActivationEnvironment(ref DriverCall call)
    {
        if (!mayChangeEnvironment)
        {
            return DBusError.AccessDenied("The environment of the services of a system bus cannot be changed.");
        }

        List<KeyValuePair<string, string>> variables = [];
        int end = call.Arguments.ReadArrayStart(8);
        while (call.Arguments.MoreUntil(end))
        {
            call.Arguments.AlignStruct();
            string name = call.ReadString();
            variables.Add(KeyValuePair.Create(name, call.ReadString()));
            if (!ActivationEnvironment.IsValidName(name))
            {
                return DBusError.InvalidArgs($"\"{name}\" is no name of an environment variable.");
            }
        }

        foreach (KeyValuePair<string, string> variable in variables)
        {
            environment.Set(variable.Key, variable.Value);
        }

        activation.UpdateEnvironment(variables);
        return default;
    }
}
