using XcpBroker.Buffering;
using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Routing;

namespace XcpBroker.Activation;

/// <summary>Messages to names without owner: to declared names they wait in a buffer, for other services until these are started.</summary>
internal sealed class AbsentPeers(ServiceActivation activation, NameBuffers buffers, UnsentReturn unsent, MessageHolder holder)
    : IAbsentPeers
{
    public bool TryTake(in RoutedMessage message, out DBusError refusal)
    {
        if (buffers.IsEmpty || !buffers.TryFind(message.Destination, out NameBuffer? buffer) || buffer.IsWithdrawn)
        {
            return activation.TryTake(message, out refusal);
        }

        refusal = buffers.Hold(buffer, message, isStart: false);
        return true;
    }

    public void NameAcquired(string name, Connection owner)
    {
        activation.NameAcquired(name, owner);
        if (buffers.TryFind(name, out NameBuffer? buffer))
        {
            buffers.NameAcquired(buffer, owner);
        }
    }

    public void NameLost(string name)
    {
        if (buffers.TryFind(name, out NameBuffer? buffer))
        {
            buffers.NameLost(buffer);
        }
    }

    public void SenderLeft(Connection sender) => holder.SenderLeft(sender);

    public void OwnerLeft(Connection owner) => unsent.OwnerLeft(owner);

    /// <summary>A call of StartServiceByName for a name without owner: it is answered when the name is owned.</summary>
    internal DBusError Start(ReadOnlySpan<byte> name, in RoutedMessage call) =>
        buffers.TryFind(name, out NameBuffer? buffer) && !buffer.IsWithdrawn
            ? buffers.Hold(buffer, call, isStart: true)
            : activation.Start(StrictUtf8.Instance.GetString(name), call);

    /// <summary>Puts other descriptors in force. What is being started, and what waits, goes on as it began.</summary>
    /// <returns>Whether ListActivatableNames answers differently now.</returns>
    internal bool Apply(ServiceCatalog catalog)
    {
        buffers.Apply(catalog);
        return activation.Apply(catalog);
    }
}
