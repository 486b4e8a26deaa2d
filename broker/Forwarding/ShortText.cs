using XcpBroker.Buffers;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>Sends the few bytes of a SASL conversation.</summary>
internal static class ShortText
{
    /// <returns>False: the socket is broken, or so full that whoever is there reads nothing.</returns>
    internal static bool TrySend(ITransportConnection connection, BlockPool pool, ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return true;
        }

        Block block = pool.Rent(text.Length);
        text.CopyTo(block.Span(0, text.Length));
        int sent = connection.Send([new OutgoingSegment { Block = block, Length = text.Length }], null);
        block.Release();
        return sent == text.Length;
    }
}
