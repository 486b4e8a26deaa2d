namespace XcpBroker.Protocol;

public readonly partial record struct DBusError
{
    /// <summary>The callee went away before it answered. The text is dbus-daemon's: callers, and its own tests, compare it.</summary>
    public static DBusError CalleeDisconnected { get; } =
        new(ErrorNames.NoReply, "Message recipient disconnected from message bus without replying");

    /// <summary>The callee took longer than <c>reply_timeout</c>. The text is dbus-daemon's: callers, and its own tests, compare it.</summary>
    public static DBusError ReplyTimeout { get; } =
        new(ErrorNames.NoReply, "Message did not receive a reply (timeout by message bus)");

    /// <summary>A call whose serial is that of one which still waits for the same callee.</summary>
    public static DBusError SerialInUse(uint serial, string destination) =>
        new(ErrorNames.AccessDenied, $"A call with serial {serial} to \"{destination}\" is still waiting for its reply.");

    /// <summary>A message with file descriptors to a peer that did not negotiate them.</summary>
    public static DBusError UnixFdsNotNegotiated(string destination) =>
        new(ErrorNames.NotSupported, $"\"{destination}\" does not accept file descriptors (it did not send NEGOTIATE_UNIX_FD).");

    /// <summary>The receiver has too much unread.</summary>
    public static DBusError ReceiverFull(string destination, string limitName, long limit) =>
        new(ErrorNames.LimitsExceeded, $"\"{destination}\" does not read its messages: its queue has reached {limitName}={limit}.");

    /// <summary>Policy keeps a message from being sent. Which rule does is for the bus's log, not for the peer.</summary>
    /// <param name="sender">Who sends it.</param>
    /// <param name="message">Its type, member and destination.</param>
    public static DBusError SendDenied(string sender, string message) =>
        new(ErrorNames.AccessDenied, $"The policy of this bus does not let \"{sender}\" send this {message}.");

    /// <summary>Policy keeps a message from its receiver. Which rule does is for the bus's log, not for the peer.</summary>
    /// <param name="sender">Who sends it.</param>
    /// <param name="message">Its type, member and destination.</param>
    public static DBusError ReceiveDenied(string sender, string message) =>
        new(ErrorNames.AccessDenied, $"The policy of this bus does not let the receiver have this {message} from \"{sender}\".");

    /// <summary>Policy keeps a name from being owned.</summary>
    public static DBusError OwnDenied(string name) =>
        new(ErrorNames.AccessDenied, $"The policy of this bus does not let this connection own the name \"{name}\".");

    /// <summary>Only peers of one domain can own the name.</summary>
    public static DBusError OwnReserved(string name, string domain) =>
        new(ErrorNames.AccessDenied, $"The name \"{name}\" is reserved to the domain \"{domain}\" (X-XCP-Domain of its descriptor).");
}
