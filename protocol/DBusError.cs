namespace XcpBroker.Protocol;

/// <summary>What a caller asked for and cannot have: an ERROR reply of one string. The default value means no error.</summary>
/// <param name="Name">One of <see cref="ErrorNames"/>.</param>
/// <param name="Message">One English sentence or more that names the thing: the name, the destination, the limit and its value.</param>
public readonly partial record struct DBusError(string Name, string Message)
{
    /// <summary>Whether everything is fine.</summary>
    public bool IsNone => Name is null;

    /// <summary>E.Failed: what no better name fits.</summary>
    public static DBusError Failed(string message) => new(ErrorNames.Failed, message);

    /// <summary>E.InvalidArgs: the arguments are wrong, and no other factory says how.</summary>
    public static DBusError InvalidArgs(string message) => new(ErrorNames.InvalidArgs, message);

    /// <summary>E.AccessDenied: refused, and no other factory says why.</summary>
    public static DBusError AccessDenied(string message) => new(ErrorNames.AccessDenied, message);

    /// <summary>E.NotSupported: this bus cannot do it.</summary>
    public static DBusError NotSupported(string message) => new(ErrorNames.NotSupported, message);

    /// <summary>E.LimitsExceeded: what was asked for would pass a limit.</summary>
    /// <param name="what">What there would be too many of, beginning with a capital: "Match rules of :1.7".</param>
    /// <param name="limitName">As in the configuration: max_match_rules_per_connection.</param>
    /// <param name="limit">Its value, in the limit's own unit.</param>
    public static DBusError LimitsExceeded(string what, string limitName, long limit) =>
        new(ErrorNames.LimitsExceeded, $"{what} would exceed the limit {limitName}={limit} of this bus.");

    // A peer's text may have as many bytes as a message: an answer shows as much of it as a name can have.
    private static string Quote(string text)
    {
        if (text.Length <= ProtocolLimits.MaxNameLength)
        {
            return $"\"{text}\"";
        }

        int end = ProtocolLimits.MaxNameLength;
        end -= char.IsHighSurrogate(text[end - 1]) ? 1 : 0;
        return $"\"{text.AsSpan(0, end)}...\" ({text.Length} characters)";
    }
}
