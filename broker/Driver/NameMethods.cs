using System.Text;
using XcpBroker.Connections;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;
using XcpBroker.Quotas;
using XcpBroker.Routing;

namespace XcpBroker.Driver;

/// <summary>Hello, the names and their owners. Specification, "Message Bus Messages".</summary>
internal sealed class NameMethods(
    ConnectionTable connections,
    NameRegistry<Connection> names,
    ConnectionAdmission admission,
    PolicyGate gate,
    Visibility visibility,
    OwnerSignals signals,
    NamePeak peak,
    LimitsInForce limits)
{
    /// <summary>To look at so many names is about as much work as a message.</summary>
    private const int NamesPerMessage = 64;

    internal IEnumerable<DriverMethod> Table =>
    [
        new(BusName.Driver, "Hello", "", "s", Hello) { BeforeHello = true, IsForDomains = true },
        new(BusName.Driver, "RequestName", "su", "u", RequestName) { IsForDomains = true },
        new(BusName.Driver, "ReleaseName", "s", "u", ReleaseName) { IsForDomains = true },
        new(BusName.Driver, "ListQueuedOwners", "s", "as", ListQueuedOwners) { IsForDomains = true },
        new(BusName.Driver, "ListNames", "", "as", ListNames) { IsForDomains = true },
        new(BusName.Driver, "NameHasOwner", "s", "b", NameHasOwner) { IsForDomains = true },
        new(BusName.Driver, "GetNameOwner", "s", "s", GetNameOwner) { IsForDomains = true },
    ];

    private DBusError Hello(ref DriverCall call)
    {
        Connection caller = call.Caller;
        if (caller.State != ConnectionState.AwaitingHello)
        {
            return DBusError.HelloTwice(caller.UniqueNameText);
        }

        DBusError refusal = admission.Register(caller);
        if (!refusal.IsNone)
        {
            return refusal;
        }

        peak.Note();

        // Clients expect the answer before anything else that they are sent.
        call.BeginReply().WriteString(caller.UniqueName);
        call.SendReply();
        signals.UniqueNameAcquired(caller);
        signals.ChargeTo(caller);
        return default;
    }

    private DBusError RequestName(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        RequestNameFlags flags = (RequestNameFlags)call.Arguments.ReadUInt32();
        DBusError error = CheckOwnable(name);
        if (error.IsNone)
        {
            error = gate.CheckOwn(call.Caller, Encoding.ASCII.GetString(name));
        }

        if (!error.IsNone)
        {
            return error;
        }

        // The unique name counts too, as in dbus-daemon.
        if (names.CountOf(call.Caller) + 1 >= limits.Current.MaxNamesPerConnection && !names.HasClaim(name, call.Caller))
        {
            return DBusError.LimitsExceeded($"Names of {call.Caller.UniqueNameText}", "max_names_per_connection", limits.Current.MaxNamesPerConnection);
        }

        if (call.Caller.Domain is { } domain && domain.Names >= domain.Limits.MaxNames && !names.HasClaim(name, call.Caller))
        {
            return DBusError.LimitsExceeded($"Names of domain {domain.Identity}", "max_names", domain.Limits.MaxNames);
        }

        (RequestNameReply reply, NameOwnerChange<Connection>? change) = names.Request(name, call.Caller, flags);
        peak.Note();
        if (change is { } happened)
        {
            signals.OwnerChanged(happened);
        }
        else
        {
            signals.ClaimsChanged(call.Caller);
        }

        signals.ChargeTo(call.Caller);
        call.BeginReply().WriteUInt32((uint)reply);
        return default;
    }

    private DBusError ReleaseName(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        DBusError error = CheckOwnable(name);
        if (!error.IsNone)
        {
            return error;
        }

        (ReleaseNameReply reply, NameOwnerChange<Connection>? change) = names.Release(name, call.Caller);
        if (change is { } happened)
        {
            signals.OwnerChanged(happened);
        }
        else if (reply == ReleaseNameReply.Released)
        {
            signals.ClaimsChanged(call.Caller);
        }
        else if (reply == ReleaseNameReply.NotOwner && !visibility.Sees(call.Caller, name))
        {
            reply = ReleaseNameReply.NonExistent;
        }

        signals.ChargeTo(call.Caller);
        call.BeginReply().WriteUInt32((uint)reply);
        return default;
    }

    private DBusError ListQueuedOwners(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        WireWriter reply = call.BeginReply();
        int owners = reply.BeginArray(4);
        bool any = false;
        if (!BusName.IsUnique(name) && !IsDriver(name))
        {
            bool isSeen = call.Caller.Sight is null || Owner(call.Caller, name) is not null;
            foreach (Connection owner in isSeen ? names.QueuedOwners(name) : [])
            {
                if (Visibility.SeesPeer(call.Caller, owner))
                {
                    reply.WriteString(owner.UniqueName);
                    any = true;
                }
            }
        }
        else if (IsDriver(name) || Owner(call.Caller, name) is not null)
        {
            reply.WriteString(name);
            any = true;
        }

        reply.EndArray(owners);
        return any ? default : DBusError.NameHasNoOwner(Text(name));
    }

    private DBusError ListNames(ref DriverCall call)
    {
        call.Caller.Domain?.Rate.Take((connections.Registered.Count + names.Count) / NamesPerMessage);
        WireWriter reply = call.BeginReply();
        int array = reply.BeginArray(4);
        reply.WriteString(BusName.Driver);
        foreach (Connection connection in connections.Registered)
        {
            if (connection.State == ConnectionState.Active && Visibility.SeesPeer(call.Caller, connection))
            {
                reply.WriteString(connection.UniqueName);
            }
        }

        foreach (string name in names.Names)
        {
            if (call.Caller.Sight is null || visibility.SeesName(call.Caller, name, names.OwnerOf(name)!))
            {
                reply.WriteString(name);
            }
        }

        reply.EndArray(array);
        return default;
    }

    private DBusError NameHasOwner(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        call.BeginReply().WriteBoolean(IsDriver(name) || Owner(call.Caller, name) is not null);
        return default;
    }

    private DBusError GetNameOwner(ref DriverCall call)
    {
        ReadOnlySpan<byte> name = call.Arguments.ReadString();
        if (IsDriver(name))
        {
            call.BeginReply().WriteString(name);
            return default;
        }

        if (Owner(call.Caller, name) is not { } owner)
        {
            return DBusError.NameHasNoOwner(Text(name));
        }

        call.BeginReply().WriteString(owner.UniqueName);
        return default;
    }

    private static DBusError CheckOwnable(ReadOnlySpan<byte> name) =>
        !BusName.IsValid(name) ? DBusError.InvalidBusName(Text(name))
        : BusName.IsUnique(name) ? DBusError.UniqueNameNotAllowed(Text(name))
        : IsDriver(name) ? DBusError.DriverNameNotAllowed(Text(name))
        : default;

    private static bool IsDriver(ReadOnlySpan<byte> name) => name.SequenceEqual("org.freedesktop.DBus"u8);

    // Whatever a peer writes where a name belongs may be in an error's text: strings on the bus are valid UTF-8.
    private static string Text(ReadOnlySpan<byte> name) => StrictUtf8.Instance.GetString(name);

    private Connection? Owner(Connection viewer, ReadOnlySpan<byte> name) => visibility.OwnerOf(viewer, name);
}
