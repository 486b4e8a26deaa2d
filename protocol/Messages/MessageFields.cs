namespace XcpBroker.Protocol.Messages;

/// <summary>What a message made here says in its header; null, empty and 0 mean that the field is absent.</summary>
public readonly record struct MessageFields
{
    /// <summary>Type of the message.</summary>
    public MessageType Type { get; init; }

    /// <summary>Flags of the message.</summary>
    public MessageFlags Flags { get; init; }

    /// <summary>PATH.</summary>
    public string? Path { get; init; }

    /// <summary>INTERFACE.</summary>
    public string? Interface { get; init; }

    /// <summary>MEMBER.</summary>
    public string? Member { get; init; }

    /// <summary>ERROR_NAME.</summary>
    public string? ErrorName { get; init; }

    /// <summary>REPLY_SERIAL.</summary>
    public uint ReplySerial { get; init; }

    /// <summary>DESTINATION.</summary>
    public string? Destination { get; init; }

    /// <summary>SENDER.</summary>
    public string? Sender { get; init; }

    /// <summary>SIGNATURE of the body.</summary>
    public string? Signature { get; init; }

    /// <summary>UNIX_FDS.</summary>
    public uint UnixFds { get; init; }
}
