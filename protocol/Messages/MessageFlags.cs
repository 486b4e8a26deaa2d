namespace XcpBroker.Protocol.Messages;

/// <summary>Byte 2 of a message. Unknown bits are kept as sent and mean nothing here.</summary>
[Flags]
public enum MessageFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NO_REPLY_EXPECTED: neither a return nor an error is wanted.</summary>
    NoReplyExpected = 1,

    /// <summary>NO_AUTO_START: don't start the destination for this message.</summary>
    NoAutoStart = 2,

    /// <summary>ALLOW_INTERACTIVE_AUTHORIZATION: the caller can wait for a human.</summary>
    AllowInteractiveAuthorization = 4,
}
