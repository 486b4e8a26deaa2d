using XcpBroker.Names;

namespace XcpBroker.Connections;

/// <summary>How many names there are, unique ones and claims of well-known ones, and how many there were at most.</summary>
internal sealed class NamePeak(ConnectionTable connections, NameRegistry<Connection> names)
{
    internal int Count => connections.NamedCount + names.ClaimCount;

    internal int Highest { get; private set; }

    /// <summary>To be called when a name has come.</summary>
    internal void Note() => Highest = Math.Max(Highest, Count);
}
