namespace XcpBroker.Metrics;

/// <summary>Why a message went nowhere although its sender was not told.</summary>
internal enum DropReason : byte
{
    /// <summary>Its type is none of the specification's.</summary>
    UnknownType,

    /// <summary>A signal of a peer with the interface org.freedesktop.DBus.</summary>
    ForgedSignal,

    /// <summary>A reply that nobody awaited.</summary>
    UnexpectedReply,

    /// <summary>A unicast signal, or a call that wants no answer, to a name that nobody owns.</summary>
    ToNobody,

    /// <summary>A unicast signal, or a call that wants no answer, that its receiver could not take.</summary>
    ReceiverFull,

    /// <summary>A unicast signal, or a call that wants no answer, to a service that could not be started.</summary>
    NotStarted,

    /// <summary>A unicast signal, or a call that wants no answer, for which its name's buffer had no room.</summary>
    BufferFull,

    /// <summary>A unicast signal, or a call that wants no answer, that waited for the owner of its name longer than it may.</summary>
    BufferExpired,

    /// <summary>A unicast signal, or a call that wants no answer, that an operator removed from a buffer.</summary>
    BufferPurged,

    /// <summary>A call that waited for a service or for the owner of a name, and whose caller has left.</summary>
    CallerGone,

    /// <summary>A signal, or a call that wants no answer, to a declared name, that its owner had not been sent when it died, and that cannot wait again.</summary>
    OwnerGone,

    /// <summary>A signal or a reply to the bus itself.</summary>
    ToBus,
}
