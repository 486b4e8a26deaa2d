using XcpBroker.Driver;
using XcpBroker.Matching;
using XcpBroker.Protocol.Messages;

namespace XcpBroker.Connections;

/// <summary>A header that its sender repeats, with what the bus found out about it.</summary>
internal sealed class KnownHeader
{
    internal RepeatedHeader Repeated { get; } = new();

    /// <summary>Where broadcasts with it find their rules; null: there was none yet.</summary>
    internal MatchMemory<Connection>? Matches { get; set; }

    /// <summary>The method of the bus that it calls, with the right path and signature; null: not known, or none.</summary>
    internal DriverMethod? Method { get; set; }

    /// <summary>It is another header from now on.</summary>
    internal bool TryRemember(ReadOnlySpan<byte> message, in MessageHeader header, ReadOnlySpan<byte> stamped)
    {
        Matches?.Forget();
        Method = null;
        return Repeated.TryRemember(message, header, stamped);
    }
}
