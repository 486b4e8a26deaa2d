using XcpBroker.Connections;

namespace XcpBroker.Buffering;

/// <summary>Causes the owner of a name to come.</summary>
internal interface INameStarter
{
    /// <summary>Sees to it that a name is being started, if there is a way; nobody waits for that.</summary>
    /// <param name="name">A well-known name without owner.</param>
    /// <param name="caller">Who needs it; null: what waits already.</param>
    /// <returns>Null: it is being started, or cannot be; otherwise how long it is too early to try again.</returns>
    TimeSpan? Ensure(string name, Connection? caller);
}
