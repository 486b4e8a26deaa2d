using XcpBroker.Auth;
using XcpBroker.Connections;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Names;
using XcpBroker.Routing;
using XcpBroker.Transport;

namespace XcpBroker.Driver;

/// <summary>Who is behind a name. Specification, "org.freedesktop.DBus.GetConnectionCredentials" and its older siblings.</summary>
internal sealed class CredentialMethods(Visibility visibility, PeerCredentials own)
{
    internal IEnumerable<DriverMethod> Table =>
    [
        new(BusName.Driver, "GetConnectionUnixUser", "s", "u", GetConnectionUnixUser) { IsForDomains = true },
        new(BusName.Driver, "GetConnectionUnixProcessID", "s", "u", GetConnectionUnixProcessId) { IsForDomains = true },
        new(BusName.Driver, "GetConnectionCredentials", "s", "a{sv}", GetConnectionCredentials) { IsForDomains = true },
        new(BusName.Driver, "GetAdtAuditSessionData", "s", "ay", GetAdtAuditSessionData) { IsForDomains = true },
        new(BusName.Driver, "GetConnectionSELinuxSecurityContext", "s", "ay", GetSecurityContext) { IsForDomains = true },
    ];

    private DBusError GetConnectionUnixUser(ref DriverCall call)
    {
        DBusError error = Find(ref call, out string name, out PeerCredentials? peer, out _);
        if (error.IsNone && peer!.UserId is not null)
        {
            call.BeginReply().WriteUInt32(peer.UserId.Value);
        }

        return !error.IsNone || peer!.UserId is not null ? error : DBusError.UnixUserUnknown(name);
    }

    private DBusError GetConnectionUnixProcessId(ref DriverCall call)
    {
        DBusError error = Find(ref call, out string name, out PeerCredentials? peer, out _);
        if (error.IsNone && peer!.ProcessId is not null)
        {
            call.BeginReply().WriteUInt32((uint)peer.ProcessId.Value);
        }

        return !error.IsNone || peer!.ProcessId is not null ? error : DBusError.UnixProcessIdUnknown(name);
    }

    private DBusError GetConnectionCredentials(ref DriverCall call)
    {
        DBusError error = Find(ref call, out _, out PeerCredentials? peer, out Connection? connection);
        if (!error.IsNone)
        {
            return error;
        }

        // A pidfd names the process beyond doubt; it is opened only now, since keeping one would double every connection's descriptors.
        int pidFd = call.Caller.CanReceiveFds && connection is { Credentials.Domain: null } ? connection.Transport.OpenPeerPidFd() : -1;
        FdSet? fds = pidFd < 0 ? null : new FdSet([pidFd]);
        CredentialsWriter.Write(call.BeginReply(fds), peer!, connection?.Transport.Address, hasPidFd: fds is not null);
        return default;
    }

    private DBusError GetAdtAuditSessionData(ref DriverCall call)
    {
        DBusError error = Find(ref call, out string name, out _, out _);
        return error.IsNone ? DBusError.AdtAuditDataUnknown(name) : error;
    }

    private DBusError GetSecurityContext(ref DriverCall call)
    {
        DBusError error = Find(ref call, out string name, out _, out _);
        return error.IsNone ? DBusError.SELinuxSecurityContextUnknown(name) : error;
    }

    private DBusError Find(ref DriverCall call, out string name, out PeerCredentials? peer, out Connection? connection)
    {
        ReadOnlySpan<byte> bytes = call.Arguments.ReadString();
        name = StrictUtf8.Instance.GetString(bytes);
        connection = visibility.OwnerOf(call.Caller, bytes);
        peer = connection?.Credentials ?? (name == BusName.Driver ? own : null);
        return peer is null ? DBusError.NameHasNoOwner(name) : default;
    }
}
