using System.Text;
using XcpBroker.Buffering;
using XcpBroker.Config.Services;
using XcpBroker.Connections;
using XcpBroker.Loop;
using XcpBroker.Names;
using XcpBroker.Protocol;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Routing;

namespace XcpBroker.Activation;

/// <summary>Messages to names without owner: to declared names they wait in a buffer, for other services until these are started.</summary>
internal sealed class AbsentPeers(
    ServiceActivation activation, BufferTable table, NameBuffers buffers, UnsentReturn unsent, MessageHolder holder, HeldBroadcasts broadcasts,
    NameRegistry<Connection> names, BusLoop loop) : IAbsentPeers
{
    public bool TryTake(in RoutedMessage message, out DBusError refusal)
    {
        if (table.IsEmpty || !table.TryOpen(message.Destination, message.Sender!, out NameBuffer? buffer))
        {
            return activation.TryTake(message, out refusal);
        }

        refusal = buffer is null ? buffers.RefuseName(message, message.Destination) : buffers.Hold(buffer, message, isStart: false);
        return true;
    }

    public void NameAcquired(string name, Connection owner)
    {
        WatchGiven(name, owner);
        activation.NameAcquired(name, owner);
        if (table.TryFind(name, out NameBuffer? buffer))
        {
            broadcasts.Change(buffer, isAway: false);
            buffers.NameAcquired(buffer, owner);
        }
    }

    public void NameLost(string name)
    {
        if (table.TryFind(name, out NameBuffer? buffer))
        {
            broadcasts.Change(buffer, isAway: true);
            buffers.NameLost(buffer);
        }
    }

    public void SenderLeft(Connection sender) => holder.SenderLeft(sender);

    public void OwnerLeft(Connection owner) => unsent.OwnerLeft(owner);

    /// <summary>A call of StartServiceByName for a name without owner: it is answered when the name is owned.</summary>
    internal DBusError Start(ReadOnlySpan<byte> name, in RoutedMessage call) =>
        !table.TryOpen(name, call.Sender!, out NameBuffer? buffer) ? activation.Start(StrictUtf8.Instance.GetString(name), call)
        : buffer is null ? buffers.RefuseName(call, name)
        : buffers.Hold(buffer, call, isStart: true);

    /// <summary>Puts the subscriptions of all names in force.</summary>
    internal void Subscribe()
    {
        foreach (NameBuffer buffer in table.All)
        {
            broadcasts.Change(buffer, isAway: names.OwnerOf(buffer.Name) is null);
        }
    }

    /// <summary>Puts other descriptors in force. What is being started, and what waits, goes on as it began.</summary>
    internal void Apply(ServiceCatalog catalog, IReadOnlyList<BufferedPrefix> prefixes)
    {
        table.Apply(catalog, prefixes);
        Subscribe();
        activation.Apply(catalog);
        foreach (string name in names.Names)
        {
            WatchGiven(name, names.OwnerOf(name)!);
        }

        // What has waited for a name that could not be started may be for a service now.
        foreach (NameBuffer buffer in table.All.Where(buffer => buffer.Waiting.Count > 0 && names.OwnerOf(buffer.Name) is null).ToArray())
        {
            buffers.NameLost(buffer);
        }
    }

    /// <summary>What the owner of a declared name is given and may not read is counted from now on.</summary>
    private void WatchGiven(string name, Connection owner)
    {
        if (owner.Given is null && !table.IsEmpty && table.IsDeclared(Encoding.ASCII.GetBytes(name)))
        {
            owner.Given = new GivenOneWay(owner, loop);
        }
    }
}
