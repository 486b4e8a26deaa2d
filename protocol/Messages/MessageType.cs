namespace XcpBroker.Protocol.Messages;

/// <summary>Byte 1 of a message. Values above <see cref="Signal"/> are legal on the wire and ignored by a bus.</summary>
public enum MessageType : byte
{
    /// <summary>Never legal on the wire.</summary>
    Invalid = 0,

    /// <summary>METHOD_CALL: may ask for a reply.</summary>
    MethodCall = 1,

    /// <summary>METHOD_RETURN: the reply to a call.</summary>
    MethodReturn = 2,

    /// <summary>ERROR: the reply of a call that failed.</summary>
    Error = 3,

    /// <summary>SIGNAL.</summary>
    Signal = 4,
}
