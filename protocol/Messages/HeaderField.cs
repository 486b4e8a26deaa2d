namespace XcpBroker.Protocol.Messages;

/// <summary>Codes of the header fields (spec, message-protocol-header-fields). Any other code but 0 is a foreign field.</summary>
/// <remarks>10, the CONTAINER_INSTANCE of unreleased libdbus, is foreign on purpose: it is stripped like any unknown field.</remarks>
public enum HeaderField : byte
{
    /// <summary>Never legal on the wire.</summary>
    Invalid = 0,

    /// <summary>PATH, 'o'.</summary>
    Path = 1,

    /// <summary>INTERFACE, 's'.</summary>
    Interface = 2,

    /// <summary>MEMBER, 's'.</summary>
    Member = 3,

    /// <summary>ERROR_NAME, 's'.</summary>
    ErrorName = 4,

    /// <summary>REPLY_SERIAL, 'u'.</summary>
    ReplySerial = 5,

    /// <summary>DESTINATION, 's'.</summary>
    Destination = 6,

    /// <summary>SENDER, 's'; set by the bus alone.</summary>
    Sender = 7,

    /// <summary>SIGNATURE, 'g', of the body.</summary>
    Signature = 8,

    /// <summary>UNIX_FDS, 'u': how many file descriptors belong to the message.</summary>
    UnixFds = 9,
}
