using XcpBroker.Connections;
using XcpBroker.Protocol;

namespace XcpBroker.Routing;

/// <summary>What becomes of messages to names that nobody owns, until somebody does.</summary>
internal interface IAbsentPeers
{
    /// <summary>A call or a unicast signal to a name without owner, which may start something.</summary>
    /// <param name="message">The message.</param>
    /// <param name="refusal">Why it cannot wait, which its sender has yet to be told.</param>
    /// <returns>False: nothing provides that name, and nothing was done. True: it is held, or refused.</returns>
    bool TryTake(in RoutedMessage message, out DBusError refusal);

    /// <summary>A name has an owner, who has been told so.</summary>
    void NameAcquired(string name, Connection owner);

    /// <summary>A name has lost its owner, and nobody owns it now.</summary>
    void NameLost(string name);

    /// <summary>A peer is about to lose its names.</summary>
    void SenderLeft(Connection sender);

    /// <summary>A peer that is gone is about to lose its names; nothing more will be written to it.</summary>
    void OwnerLeft(Connection owner);
}
