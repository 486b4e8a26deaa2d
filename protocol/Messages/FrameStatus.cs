namespace XcpBroker.Protocol.Messages;

/// <summary>What the bytes at hand say about the next message.</summary>
public enum FrameStatus : byte
{
    /// <summary>The message's length is known and legal.</summary>
    Complete,

    /// <summary>Not yet: fewer bytes than a fixed header. Nothing was consumed.</summary>
    NeedMoreData,

    /// <summary>Never: the connection has to go.</summary>
    Invalid,
}
