using XcpBroker.Protocol;

namespace XcpBroker.Spawning.Helper;

/// <summary>What a descriptor says that the root helper acts on.</summary>
/// <param name="Arguments">Exec=; at least one.</param>
/// <param name="User">User=; null: the bus's.</param>
internal sealed record DescribedService(IReadOnlyList<string> Arguments, string? User);

/// <summary>Finds the descriptor of a service.</summary>
internal interface IDescriptorReader
{
    /// <summary>Reads it anew each time.</summary>
    /// <param name="name">A valid well-known name.</param>
    /// <param name="service">What it says; null if there is none that can be used.</param>
    /// <returns>Why not.</returns>
    DBusError Find(string name, out DescribedService? service);
}
