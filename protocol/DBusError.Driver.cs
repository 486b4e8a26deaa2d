namespace XcpBroker.Protocol;

public readonly partial record struct DBusError
{
    /// <summary>A method that peers of other domains may not call.</summary>
    public static DBusError NotForDomains(string member) => new(ErrorNames.AccessDenied, $"{member} is not for peers of other domains.");

    /// <summary>ReloadConfig of a file that is wrong.</summary>
    /// <param name="problem">File, line, column, and what was expected.</param>
    public static DBusError ConfigurationInvalid(string problem) => new(ErrorNames.Failed, $"The configuration stays as it is: {problem}");

    /// <summary>More of what takes its time than are done for one caller, or at all, at the same time.</summary>
    public static DBusError TooManyAtOnce(string what, int most) => new(ErrorNames.LimitsExceeded, $"At most {most} {what} can wait for an answer.");

    /// <summary>A second Hello of a connection that has its unique name.</summary>
    public static DBusError HelloTwice(string uniqueName) =>
        new(ErrorNames.Failed, $"Hello was called already: this connection is {uniqueName}.");

    /// <summary>A call to the bus before Hello.</summary>
    public static DBusError HelloFirst(string member) =>
        new(ErrorNames.AccessDenied, $"Method {Quote(member)} was called before Hello, which has to be the first message of a connection.");

    /// <summary>A string that is no bus name where one is wanted.</summary>
    public static DBusError InvalidBusName(string name) => new(ErrorNames.InvalidArgs, $"{Quote(name)} is not a valid bus name.");

    /// <summary>RequestName or ReleaseName of a unique name.</summary>
    public static DBusError UniqueNameNotAllowed(string name) =>
        new(ErrorNames.InvalidArgs, $"{Quote(name)} is a unique name: only the bus gives and takes those.");

    /// <summary>RequestName or ReleaseName of the bus's own name.</summary>
    public static DBusError DriverNameNotAllowed(string name) =>
        new(ErrorNames.InvalidArgs, $"{Quote(name)} belongs to the bus itself and can be neither requested nor released.");

    /// <summary>A name that nobody owns, where nothing may be started for it.</summary>
    public static DBusError NameHasNoOwner(string name) =>
        new(ErrorNames.NameHasNoOwner, $"The name {Quote(name)} has no owner on this bus.");

    /// <summary>A destination that nobody owns and nothing can be started for.</summary>
    public static DBusError ServiceUnknown(string name) =>
        new(ErrorNames.ServiceUnknown, $"The name {Quote(name)} has no owner, and no service file of this bus provides it.");

    /// <summary>A member that an interface, or without one any interface of the object, does not have.</summary>
    public static DBusError UnknownMethod(string? interfaceName, string member, string path) =>
        new(ErrorNames.UnknownMethod, interfaceName is null
            ? $"No interface of object {Quote(path)} has a method {Quote(member)}."
            : $"Interface {Quote(interfaceName)} of object {Quote(path)} has no method {Quote(member)}.");

    /// <summary>An interface that the object does not have.</summary>
    public static DBusError UnknownInterface(string interfaceName, string path) =>
        new(ErrorNames.UnknownInterface, $"Object {Quote(path)} has no interface {Quote(interfaceName)}.");

    /// <summary>A call without DESTINATION that is not one of the Peer interface.</summary>
    public static DBusError DestinationMissing(string? interfaceName, string member) =>
        new(ErrorNames.UnknownMethod,
            (interfaceName is null ? $"Method {Quote(member)}" : $"Method {Quote(member)} of interface {Quote(interfaceName)}")
            + " was called without a destination, where only org.freedesktop.DBus.Peer is answered.");

    /// <summary>Arguments of other types than the method takes.</summary>
    public static DBusError WrongSignature(string member, string expected, string actual) =>
        new(ErrorNames.InvalidArgs, $"Method {Quote(member)} takes arguments of signature \"{expected}\", not {Quote(actual)}.");

    /// <summary>A property that the interface does not have.</summary>
    public static DBusError UnknownProperty(string interfaceName, string property) =>
        new(ErrorNames.UnknownProperty, $"Interface {Quote(interfaceName)} has no property {Quote(property)}.");

    /// <summary>Set of a property of the bus.</summary>
    public static DBusError PropertyReadOnly(string interfaceName, string property) =>
        new(ErrorNames.PropertyReadOnly, $"Property {Quote(property)} of interface {Quote(interfaceName)} is read-only.");

    /// <summary>A method that is answered on <c>/org/freedesktop/DBus</c> only.</summary>
    public static DBusError WrongPath(string member, string path) =>
        new(ErrorNames.AccessDenied, $"Method {Quote(member)} is only available on \"/org/freedesktop/DBus\", not on {Quote(path)}.");

    /// <summary>A method for root and the owner of the bus.</summary>
    public static DBusError NotPrivileged(string member) =>
        new(ErrorNames.AccessDenied, $"Method {Quote(member)} is for root and the user of the bus only.");

    /// <summary>BecomeMonitor with flags, of which none is defined.</summary>
    public static DBusError MonitorFlags(uint flags) =>
        new(ErrorNames.InvalidArgs, $"BecomeMonitor knows no flags: they have to be 0, not 0x{flags:x}.");

    /// <summary>AddMatch or BecomeMonitor of what is no rule.</summary>
    public static DBusError MatchRuleInvalid(string rule, string reason) =>
        new(ErrorNames.MatchRuleInvalid, $"Match rule {Quote(rule)} is invalid: {reason}.");

    /// <summary>RemoveMatch of a rule that the connection does not have.</summary>
    public static DBusError MatchRuleNotFound(string rule) =>
        new(ErrorNames.MatchRuleNotFound, $"This connection has no match rule {Quote(rule)} to remove.");

    /// <summary>GetConnectionUnixUser of a peer whose user the transport cannot tell; never answered by 0.</summary>
    public static DBusError UnixUserUnknown(string name) =>
        new(ErrorNames.Failed, $"The Unix user of {Quote(name)} is not known.");

    /// <summary>GetConnectionUnixProcessID of a peer whose process the transport cannot tell.</summary>
    public static DBusError UnixProcessIdUnknown(string name) =>
        new(ErrorNames.UnixProcessIdUnknown, $"The Unix process of {Quote(name)} is not known.");

    /// <summary>GetConnectionSELinuxSecurityContext where there is none.</summary>
    public static DBusError SELinuxSecurityContextUnknown(string name) =>
        new(ErrorNames.SELinuxSecurityContextUnknown, $"The SELinux security context of {Quote(name)} is not known.");

    /// <summary>GetAdtAuditSessionData, which is for Solaris.</summary>
    public static DBusError AdtAuditDataUnknown(string name) =>
        new(ErrorNames.AdtAuditDataUnknown, $"There are no Solaris audit data of {Quote(name)}.");
}
