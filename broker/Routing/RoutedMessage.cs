using XcpBroker.Buffering;
using XcpBroker.Buffers;
using XcpBroker.Connections;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Protocol.Messages;
using XcpBroker.Transport;

namespace XcpBroker.Routing;

/// <summary>One valid message on its way through the bus. A view: whoever keeps it copies it or shares its block.</summary>
internal readonly ref struct RoutedMessage
{
    private readonly ref readonly MessageHeader _header;

    /// <param name="bytes">The whole message, as it came or as the bus built it.</param>
    /// <param name="header">Its header.</param>
    /// <param name="stamped">What is delivered in place of the header: with the true SENDER, without unknown fields.</param>
    internal RoutedMessage(ReadOnlySpan<byte> bytes, in MessageHeader header, ReadOnlySpan<byte> stamped)
    {
        Bytes = bytes;
        _header = ref header;
        Stamped = stamped;
    }

    internal ReadOnlySpan<byte> Bytes { get; }

    internal ref readonly MessageHeader Header => ref _header;

    internal ReadOnlySpan<byte> Stamped { get; }

    internal ReadOnlySpan<byte> Body => Bytes[_header.BodyOffset..];

    /// <summary>Null: the bus itself.</summary>
    internal Connection? Sender { get; init; }

    /// <summary>The block that <see cref="Bytes"/> lies in, or null.</summary>
    internal Block? Block { get; init; }

    /// <summary>Where in it.</summary>
    internal int BlockOffset { get; init; }

    internal FdSet? Fds { get; init; }

    /// <summary>Where the message has waited and is paid for already; null: it has just come.</summary>
    internal HeldMessage? Held { get; init; }

    /// <summary>Its header, if that is the same as the one before of its sender; null: it is another, or nobody looked.</summary>
    internal KnownHeader? Known { get; init; }

    internal MessageType Type => _header.Type;

    internal ReadOnlySpan<byte> Destination => _header.Destination.In(Bytes);

    internal ReadOnlySpan<byte> Path => _header.Path.In(Bytes);

    internal ReadOnlySpan<byte> Interface => _header.Interface.In(Bytes);

    internal ReadOnlySpan<byte> Member => _header.Member.In(Bytes);

    internal ReadOnlySpan<byte> Signature => _header.Signature.In(Bytes);

    /// <summary>A method call whose sender waits for an answer.</summary>
    internal bool ExpectsReply => _header.Type == MessageType.MethodCall && (_header.Flags & MessageFlags.NoReplyExpected) == 0;

    /// <summary>What its receivers get.</summary>
    internal OutgoingMessage Outgoing => new(Stamped, Body, Block, BlockOffset + _header.BodyOffset);

    internal int DeliveredLength => Stamped.Length + _header.BodyLength;

    internal BodyArguments Arguments => new(Body, Signature, _header.IsBigEndian);
}
