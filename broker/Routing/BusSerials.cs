namespace XcpBroker.Routing;

/// <summary>The serials of the messages that the bus makes itself.</summary>
internal sealed class BusSerials
{
    /// <summary>The last one used; 0 before the first.</summary>
    internal uint Last { get; private set; }

    /// <summary>The next one; never 0, which the specification forbids.</summary>
    internal uint Next()
    {
        Last++;
        Last += Last == 0 ? 1u : 0;
        return Last;
    }
}
