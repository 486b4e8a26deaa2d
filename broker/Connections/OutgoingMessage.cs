using XcpBroker.Buffers;

namespace XcpBroker.Connections;

/// <summary>The bytes of one message on its way into queues.</summary>
/// <param name="header">What goes first; all of the message where <paramref name="body"/> is empty.</param>
/// <param name="body">What goes behind it.</param>
/// <param name="bodyBlock">Where the body lies, if that may be referred to.</param>
/// <param name="bodyOffset">Where in it.</param>
internal readonly ref struct OutgoingMessage(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, Block? bodyBlock, int bodyOffset)
{
    internal readonly ReadOnlySpan<byte> Header = header;
    internal readonly ReadOnlySpan<byte> Body = body;
    internal readonly Block? BodyBlock = bodyBlock;
    internal readonly int BodyOffset = bodyOffset;

    internal int Length => Header.Length + Body.Length;

    /// <summary>The same, to be copied.</summary>
    internal OutgoingMessage WithoutBlock() => new(Header, Body, null, 0);
}
