using XcpBroker.Config;

namespace XcpBroker.Forwarding;

/// <summary>What a forwarder is told to do.</summary>
/// <param name="Listen">Where clients of this machine connect.</param>
/// <param name="Bus">Finds the bus, and what the forwarder proves itself with.</param>
internal sealed record ForwardOptions(UnixListenAddress Listen, BusFinder Bus)
{
    /// <summary>Who may use it besides root and its own user.</summary>
    internal IReadOnlyList<uint> AllowedUsers { get; init; } = [];

    /// <summary>How long a client waits for a bus that cannot be reached.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
