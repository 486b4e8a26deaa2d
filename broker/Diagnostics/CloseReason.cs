namespace XcpBroker.Diagnostics;

/// <summary>Why the broker ended a connection, or found it ended.</summary>
internal enum CloseReason : byte
{
    /// <summary>The peer closed its end.</summary>
    PeerClosed,

    /// <summary>The peer closed its end, or it broke, within a message.</summary>
    PeerClosedWithinMessage,

    /// <summary>The SASL conversation failed for good.</summary>
    AuthenticationFailed,

    /// <summary>Authenticated as somebody who may not connect.</summary>
    ConnectNotAllowed,

    /// <summary>Its domain is on the bus no longer.</summary>
    DomainRemoved,

    /// <summary>Its domain is dead.</summary>
    DomainEnded,

    /// <summary>Not authenticated, or no Hello, within auth_timeout.</summary>
    AuthTimeout,

    /// <summary>It had yet to say Hello, there were max_incomplete_connections, and its user or domain had most of them.</summary>
    TooManyIncomplete,

    /// <summary>Another message than a call of the bus came before Hello.</summary>
    NotHelloFirst,

    /// <summary>A message breaks the wire format; the detail says which rule.</summary>
    InvalidMessage,

    /// <summary>Descriptors without having negotiated them, fewer than announced, or more than max_message_unix_fds.</summary>
    InvalidFds,

    /// <summary>Descriptors were held for an incomplete message beyond pending_fd_timeout.</summary>
    PendingFdTimeout,

    /// <summary>An incoming message is longer than max_total_bytes lets one message be.</summary>
    IncomingMemory,

    /// <summary>It did not read: even the reserve for replies and bus signals is used up.</summary>
    SlowReader,

    /// <summary>A peer on another machine did not answer within unresponsive_timeout.</summary>
    Unresponsive,

    /// <summary>A monitor did not read what it asked to see.</summary>
    SlowMonitor,

    /// <summary>A monitor sent a message.</summary>
    MonitorSent,

    /// <summary>The bus stops.</summary>
    Shutdown,
}
