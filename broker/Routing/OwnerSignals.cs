using XcpBroker.Connections;
using XcpBroker.Names;

namespace XcpBroker.Routing;

/// <summary>The signals of a change of owner, in the one order that clients rely on: NameLost, NameOwnerChanged, NameAcquired, what waited for it.</summary>
internal sealed class OwnerSignals(BusMessages bus, IAbsentPeers absent)
{
    internal void OwnerChanged(in NameOwnerChange<Connection> change)
    {
        if (change.OldOwner is { } old)
        {
            bus.SendNameLost(old, change.Name);
        }

        bus.BroadcastNameOwnerChanged(change.Name, change.OldOwner?.UniqueNameText ?? "", change.NewOwner?.UniqueNameText ?? "");
        if (change.NewOwner is { } owner)
        {
            bus.SendNameAcquired(owner, change.Name);

            // Before anything newer, and before the answer to RequestName.
            absent.NameAcquired(change.Name, owner);
        }
        else
        {
            absent.NameLost(change.Name);
        }
    }

    internal void UniqueNameAcquired(Connection connection)
    {
        string name = connection.UniqueNameText;
        bus.BroadcastNameOwnerChanged(name, "", name);
        bus.SendNameAcquired(connection, name);
    }

    internal void UniqueNameLost(Connection connection)
    {
        string name = connection.UniqueNameText;
        bus.SendNameLost(connection, name);
        bus.BroadcastNameOwnerChanged(name, name, "");
    }
}
