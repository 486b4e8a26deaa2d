namespace XcpBroker.Protocol;

/// <summary>Error names that a bus uses (dbus/dbus-protocol.h); clients compare them, so they never change.</summary>
#pragma warning disable CS1591 // the name is the specification's
public static class ErrorNames
{
    public const string Failed = "org.freedesktop.DBus.Error.Failed";
    public const string NoMemory = "org.freedesktop.DBus.Error.NoMemory";
    public const string ServiceUnknown = "org.freedesktop.DBus.Error.ServiceUnknown";
    public const string NameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner";
    public const string NoReply = "org.freedesktop.DBus.Error.NoReply";
    public const string NotSupported = "org.freedesktop.DBus.Error.NotSupported";
    public const string LimitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded";
    public const string AccessDenied = "org.freedesktop.DBus.Error.AccessDenied";
    public const string AuthFailed = "org.freedesktop.DBus.Error.AuthFailed";
    public const string Timeout = "org.freedesktop.DBus.Error.Timeout";
    public const string TimedOut = "org.freedesktop.DBus.Error.TimedOut";
    public const string Disconnected = "org.freedesktop.DBus.Error.Disconnected";
    public const string InvalidArgs = "org.freedesktop.DBus.Error.InvalidArgs";
    public const string InvalidSignature = "org.freedesktop.DBus.Error.InvalidSignature";
    public const string InconsistentMessage = "org.freedesktop.DBus.Error.InconsistentMessage";
    public const string FileNotFound = "org.freedesktop.DBus.Error.FileNotFound";
    public const string InvalidFileContent = "org.freedesktop.DBus.Error.InvalidFileContent";
    public const string UnknownMethod = "org.freedesktop.DBus.Error.UnknownMethod";
    public const string UnknownObject = "org.freedesktop.DBus.Error.UnknownObject";
    public const string UnknownInterface = "org.freedesktop.DBus.Error.UnknownInterface";
    public const string UnknownProperty = "org.freedesktop.DBus.Error.UnknownProperty";
    public const string PropertyReadOnly = "org.freedesktop.DBus.Error.PropertyReadOnly";
    public const string MatchRuleNotFound = "org.freedesktop.DBus.Error.MatchRuleNotFound";
    public const string MatchRuleInvalid = "org.freedesktop.DBus.Error.MatchRuleInvalid";
    public const string UnixProcessIdUnknown = "org.freedesktop.DBus.Error.UnixProcessIdUnknown";
    public const string SELinuxSecurityContextUnknown = "org.freedesktop.DBus.Error.SELinuxSecurityContextUnknown";
    public const string AdtAuditDataUnknown = "org.freedesktop.DBus.Error.AdtAuditDataUnknown";
    public const string InteractiveAuthorizationRequired = "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired";
    public const string SpawnExecFailed = "org.freedesktop.DBus.Error.Spawn.ExecFailed";
    public const string SpawnForkFailed = "org.freedesktop.DBus.Error.Spawn.ForkFailed";
    public const string SpawnChildExited = "org.freedesktop.DBus.Error.Spawn.ChildExited";
    public const string SpawnChildSignaled = "org.freedesktop.DBus.Error.Spawn.ChildSignaled";
    public const string SpawnFailed = "org.freedesktop.DBus.Error.Spawn.Failed";
    public const string SpawnFailedToSetup = "org.freedesktop.DBus.Error.Spawn.FailedToSetup";
    public const string SpawnConfigInvalid = "org.freedesktop.DBus.Error.Spawn.ConfigInvalid";
    public const string SpawnServiceNotValid = "org.freedesktop.DBus.Error.Spawn.ServiceNotValid";
    public const string SpawnServiceNotFound = "org.freedesktop.DBus.Error.Spawn.ServiceNotFound";
    public const string SpawnPermissionsInvalid = "org.freedesktop.DBus.Error.Spawn.PermissionsInvalid";
    public const string SpawnFileInvalid = "org.freedesktop.DBus.Error.Spawn.FileInvalid";
    public const string SpawnNoMemory = "org.freedesktop.DBus.Error.Spawn.NoMemory";
}
#pragma warning restore CS1591
