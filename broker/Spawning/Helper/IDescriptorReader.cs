using XcpBroker.Config.Services;
using XcpBroker.Protocol;

namespace XcpBroker.Spawning.Helper;

/// <summary>Finds the descriptor of a service.</summary>
internal interface IDescriptorReader
{
    /// <summary>Reads it anew each time.</summary>
    /// <param name="name">A valid well-known name.</param>
    /// <param name="service">What it says; null if there is none that can be used.</param>
    /// <returns>Why not.</returns>
    DBusError Find(string name, out ServiceDescriptor? service);
}
