namespace XcpBroker.Protocol;

public readonly partial record struct DBusError
{
    /// <summary>A name's buffer has no room for one more message of its sender.</summary>
    public static DBusError BufferFull(string name, int messages, long bytes) => new(
        ErrorNames.LimitsExceeded, $"The buffer of \"{name}\", which nobody owns, has no room for more of yours: {messages} messages of {bytes} bytes wait.");

    /// <summary>A call has waited for the owner of a name as long as the name's descriptor says.</summary>
    public static DBusError BufferTimedOut(string name, TimeSpan timeout) =>
        new(ErrorNames.TimedOut, $"Nobody came to own \"{name}\" within X-XCP-BufferTimeout={timeout.TotalSeconds:0.###} s.");

    /// <summary>An operator has emptied a name's buffer.</summary>
    public static DBusError BufferPurged(string name) => new(ErrorNames.Failed, $"What waited for \"{name}\" was purged by an operator.");

    /// <summary>A name is not declared to have a buffer.</summary>
    public static DBusError NoBuffer(string name) => new(ErrorNames.InvalidArgs, $"\"{name}\" has no buffer: no descriptor of it says X-XCP-Buffer=yes.");
}
