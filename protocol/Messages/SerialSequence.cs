namespace XcpBroker.Protocol.Messages;

/// <summary>The serials of one sender: 1, 2, and so on; after the highest comes 1 again, for 0 is no serial.</summary>
/// <remarks>Mutable: keep it in a field that is not readonly.</remarks>
public struct SerialSequence(uint last)
{
    private uint _last = last;

    /// <summary>The serial of the next message.</summary>
    public uint Next()
    {
        _last = _last == uint.MaxValue ? 1 : _last + 1;
        return _last;
    }
}
