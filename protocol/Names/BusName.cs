namespace XcpBroker.Protocol.Names;

/// <summary>The grammar of bus names (spec, message-protocol-names-bus).</summary>
public static class BusName
{
    /// <summary>The name of the bus itself.</summary>
    public const string Driver = "org.freedesktop.DBus";

    /// <summary>Whether it is a unique or a well-known name.</summary>
    public static bool IsValid(ReadOnlySpan<byte> name) => IsUnique(name) ? IsValidUnique(name) : IsValidWellKnown(name);

    /// <inheritdoc cref="IsValid(ReadOnlySpan{byte})"/>
    public static bool IsValid(string name) => AsciiText.Check(name, IsValid);

    /// <summary>Whether it begins as a unique name does; says nothing about the rest.</summary>
    public static bool IsUnique(ReadOnlySpan<byte> name) => name.Length > 0 && name[0] == (byte)':';

    /// <inheritdoc cref="IsUnique(ReadOnlySpan{byte})"/>
    public static bool IsUnique(string name) => name.StartsWith(':');

    /// <summary>Whether it is a unique name: ':' and two or more elements, which may begin with a digit.</summary>
    public static bool IsValidUnique(ReadOnlySpan<byte> name) =>
        name.Length <= ProtocolLimits.MaxNameLength
        && IsUnique(name)
        && NameScan.IsMadeOfElements(name[1..], (byte)'.', mayHaveHyphen: true, mayBeginWithDigit: true, out bool hasDot)
        && hasDot;

    /// <inheritdoc cref="IsValidUnique(ReadOnlySpan{byte})"/>
    public static bool IsValidUnique(string name) => AsciiText.Check(name, IsValidUnique);

    /// <summary>Whether it is a well-known name: two or more elements, none of which begins with a digit.</summary>
    public static bool IsValidWellKnown(ReadOnlySpan<byte> name) =>
        name.Length <= ProtocolLimits.MaxNameLength
        && NameScan.IsMadeOfElements(name, (byte)'.', mayHaveHyphen: true, mayBeginWithDigit: false, out bool hasDot)
        && hasDot;

    /// <inheritdoc cref="IsValidWellKnown(ReadOnlySpan{byte})"/>
    public static bool IsValidWellKnown(string name) => AsciiText.Check(name, IsValidWellKnown);

    /// <summary>Whether it may stand in a rule's <c>arg0namespace</c>: a name that may have one element only.</summary>
    /// <remarks>As in dbus-daemon a unique name may be cut short too.</remarks>
    public static bool IsValidNamespace(ReadOnlySpan<byte> name) =>
        name.Length <= ProtocolLimits.MaxNameLength
        && (IsUnique(name)
            ? NameScan.IsMadeOfElements(name[1..], (byte)'.', mayHaveHyphen: true, mayBeginWithDigit: true, out _)
            : NameScan.IsMadeOfElements(name, (byte)'.', mayHaveHyphen: true, mayBeginWithDigit: false, out _));
}
