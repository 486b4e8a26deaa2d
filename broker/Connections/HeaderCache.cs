using XcpBroker.Matching;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Connections;

/// <summary>The last header of each connection that sent something lately, so that its next message need not be parsed again.</summary>
/// <remarks>
/// Of fixed size: connections whose numbers share a place take it from each other. What it holds depends on the connection's unique
/// name and on nothing else, so neither names nor rules invalidate it, and unique names are never used again; what depends on those says
/// so itself (<see cref="MatchMemory{T}"/>).
/// </remarks>
internal sealed class HeaderCache
{
    private const int Places = 256;

    private readonly Place[] _places = new Place[Places];

    /// <param name="connection">Whose message it is.</param>
    /// <param name="message">The whole message.</param>
    /// <returns>What it is then, until the next call; null: it has to be parsed.</returns>
    internal KnownHeader? Recognise(Connection connection, ReadOnlySpan<byte> message)
    {
        ref Place place = ref PlaceOf(connection);
        return ReferenceEquals(place.Connection, connection) && connection.IsRegistered && place.Header!.Repeated.TryRecognise(message) ? place.Header : null;
    }

    internal void Remember(Connection connection, ReadOnlySpan<byte> message, in MessageHeader header, ReadOnlySpan<byte> stamped)
    {
        if (connection.IsRegistered)
        {
            ref Place place = ref PlaceOf(connection);
            place.Header ??= new KnownHeader();
            place.Connection = place.Header.TryRemember(message, header, stamped) ? connection : null;
        }
    }

    private ref Place PlaceOf(Connection connection) => ref _places[connection.Id % Places];

    private struct Place
    {
        internal Connection? Connection;
        internal KnownHeader? Header;
    }
}
