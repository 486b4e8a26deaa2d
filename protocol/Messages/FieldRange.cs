namespace XcpBroker.Protocol.Messages;

/// <summary>Where a header field's text lies: the value's bytes without length and NUL.</summary>
/// <param name="Offset">Bytes from the start of the message; 0 if the field is absent.</param>
/// <param name="Length">Bytes of the text.</param>
public readonly record struct FieldRange(int Offset, int Length)
{
    /// <summary>Whether the message has the field.</summary>
    public bool IsPresent => Offset != 0;

    /// <summary>The text itself, empty if the field is absent.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> message) => message.Slice(Offset, Length);
}
