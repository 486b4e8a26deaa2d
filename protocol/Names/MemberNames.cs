namespace XcpBroker.Protocol.Names;

/// <summary>The grammar of interfaces, members and error names (spec, message-protocol-names).</summary>
public static class MemberNames
{
    /// <summary>Whether it is an interface: two or more elements of letters, digits and '_', none beginning with a digit.</summary>
    public static bool IsValidInterface(ReadOnlySpan<byte> name) =>
        name.Length <= ProtocolLimits.MaxNameLength
        && NameScan.IsMadeOfElements(name, (byte)'.', mayHaveHyphen: false, mayBeginWithDigit: false, out bool hasDot)
        && hasDot;

    /// <inheritdoc cref="IsValidInterface(ReadOnlySpan{byte})"/>
    public static bool IsValidInterface(string name) => AsciiText.Check(name, IsValidInterface);

    /// <summary>Whether it is a method or signal: one element, no dot.</summary>
    public static bool IsValidMember(ReadOnlySpan<byte> name) =>
        name.Length <= ProtocolLimits.MaxNameLength
        && NameScan.IsMadeOfElements(name, separator: 0, mayHaveHyphen: false, mayBeginWithDigit: false, out _);

    /// <inheritdoc cref="IsValidMember(ReadOnlySpan{byte})"/>
    public static bool IsValidMember(string name) => AsciiText.Check(name, IsValidMember);

    /// <summary>Whether it is an error name; the rules are those of interfaces.</summary>
    public static bool IsValidErrorName(ReadOnlySpan<byte> name) => IsValidInterface(name);

    /// <inheritdoc cref="IsValidErrorName(ReadOnlySpan{byte})"/>
    public static bool IsValidErrorName(string name) => IsValidInterface(name);
}
