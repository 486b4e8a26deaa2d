namespace XcpBroker.Protocol;

/// <summary>What the D-Bus specification fixes; what an operator may change is in the configuration's limits.</summary>
public static class ProtocolLimits
{
    /// <summary>Bytes of one whole message, header and padding included: 128 MiB (spec, message-protocol-messages).</summary>
    public const int MaxMessageBytes = 1 << 27;

    /// <summary>Bytes of one array's elements, and so of the header fields: 64 MiB (spec, message-protocol-marshaling).</summary>
    public const int MaxArrayBytes = 1 << 26;

    /// <summary>Bytes of a bus name, interface, member or error name (spec, message-protocol-names).</summary>
    public const int MaxNameLength = 255;

    /// <summary>Bytes of one signature (spec, message-protocol-marshaling-signature).</summary>
    public const int MaxSignatureLength = 255;

    /// <summary>Arrays inside each other in one signature (spec, message-protocol-marshaling-signature).</summary>
    public const int MaxArrayDepth = 32;

    /// <summary>Structs inside each other in one signature (spec, message-protocol-marshaling-signature).</summary>
    public const int MaxStructDepth = 32;

    /// <summary>Containers of any kind, variants included, inside each other in one value (spec, message-protocol-marshaling).</summary>
    public const int MaxTotalDepth = 64;

    /// <summary>The only major version of the protocol, byte 3 of each message.</summary>
    public const byte Version = 1;
}
