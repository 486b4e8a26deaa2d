namespace XcpBroker.Protocol;

public readonly partial record struct DBusError
{
    /// <summary>The callee went away before it answered.</summary>
    public static DBusError CalleeDisconnected(string destination) =>
        new(ErrorNames.NoReply, $"\"{destination}\" disconnected from the bus without replying.");

    /// <summary>The callee took longer than the bus waits.</summary>
    public static DBusError ReplyTimeout(string destination, TimeSpan timeout) =>
        new(ErrorNames.NoReply,
            $"\"{destination}\" did not reply within the {timeout.TotalMilliseconds:0} ms that this bus waits (reply_timeout).");

    /// <summary>A call whose serial is that of one which still waits for the same callee.</summary>
    public static DBusError SerialInUse(uint serial, string destination) =>
        new(ErrorNames.AccessDenied, $"A call with serial {serial} to \"{destination}\" is still waiting for its reply.");

    /// <summary>A message with file descriptors to a peer that did not negotiate them.</summary>
    public static DBusError UnixFdsNotNegotiated(string destination) =>
        new(ErrorNames.NotSupported, $"\"{destination}\" does not accept file descriptors (it did not send NEGOTIATE_UNIX_FD).");

    /// <summary>The receiver has too much unread.</summary>
    public static DBusError ReceiverFull(string destination, string limitName, long limit) =>
        new(ErrorNames.LimitsExceeded, $"\"{destination}\" does not read its messages: its queue has reached {limitName}={limit}.");

    /// <summary>Policy keeps a message from being sent or received.</summary>
    /// <param name="verb">"sent to" or "received by".</param>
    /// <param name="destination">The other party.</param>
    /// <param name="member">Member or error name, as far as there is one.</param>
    /// <param name="rule">The deciding rule, with its place in the configuration.</param>
    public static DBusError PolicyDenied(string verb, string destination, string member, string rule) =>
        new(ErrorNames.AccessDenied, $"Message \"{member}\" may not be {verb} \"{destination}\": {rule}.");

    /// <summary>Policy keeps a name from being owned.</summary>
    public static DBusError NameDenied(string name, string rule) =>
        new(ErrorNames.AccessDenied, $"This connection may not own the name \"{name}\": {rule}.");
}
