namespace XcpBroker.Protocol;

public readonly partial record struct DBusError
{
    /// <summary>A name's buffer has no room for one more message of its sender.</summary>
    public static DBusError BufferFull(string name, int messages, long bytes) => new(
        ErrorNames.LimitsExceeded, $"The buffer of \"{name}\", which nobody owns, has no room for more of yours: {messages} messages of {bytes} bytes wait.");

    /// <summary>A call has waited for the owner of a name as long as the name's declaration says.</summary>
    public static DBusError BufferTimedOut(string name, TimeSpan timeout) =>
        new(ErrorNames.TimedOut, $"Nobody came to own \"{name}\" within the {timeout.TotalSeconds:0.###} s that calls may wait for it.");

    /// <summary>An operator has emptied a name's buffer.</summary>
    public static DBusError BufferPurged(string name) => new(ErrorNames.Failed, $"What waited for \"{name}\" was purged by an operator.");

    /// <summary>A name is not declared to have a buffer.</summary>
    public static DBusError NoBuffer(string name) => new(ErrorNames.InvalidArgs, $"\"{name}\" has no buffer: no descriptor of it says X-XCP-Buffer=yes, and no <buffer> covers it.");

    /// <summary>The buffer of a durable name is full for one sender.</summary>
    public static DBusError DurableBufferFull(string name, int maxMessages, long maxBytes, int messages, long bytes) => new(
        ErrorNames.LimitsExceeded,
        $"The buffer of \"{name}\" has no room for more of yours: {messages} messages of {bytes} bytes wait, and the limits are {maxMessages} messages, {maxBytes} bytes.");

    /// <summary>Messages to a name are not durable.</summary>
    public static DBusError NotDurable(string name) =>
        new(ErrorNames.InvalidArgs, $"Messages to \"{name}\" cannot be posted: no descriptor of it says X-XCP-Durable=yes, and no durable <buffer> covers it.");

    /// <summary>Messages of a sender wait for as many names below a prefix as they may.</summary>
    public static DBusError TooManyNames(string name, string prefix, int maxNames) => new(
        ErrorNames.LimitsExceeded,
        $"Nothing more of yours can wait for \"{name}\": you have messages waiting for your share of the names below {prefix}, which are {maxNames} for all.");

    /// <summary>The broker has no journal.</summary>
    public static DBusError NoJournal => new(ErrorNames.NotSupported, "This bus keeps no messages on disk: it has no state directory, or cannot use it.");

    /// <summary>The journal could not be written.</summary>
    public static DBusError JournalFailed(string reason) => new(ErrorNames.Failed, $"The message could not be kept on disk, and is not delivered: {reason}");

    /// <summary>A receiver acknowledges a message that it has not.</summary>
    public static DBusError NotGiven(ulong sequence) =>
        new(ErrorNames.InvalidArgs, $"There is no message {sequence} that was delivered to you and not acknowledged.");

    /// <summary>The sender's domain has as many messages waiting for absent receivers as it may have.</summary>
    public static DBusError DomainHoldsTooMany(string name) => new(
        ErrorNames.LimitsExceeded, $"The message to \"{name}\", which is not there yet, is one more than your domain may have waiting (max_held_messages).");
}
