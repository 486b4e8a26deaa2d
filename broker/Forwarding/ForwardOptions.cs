using XcpBroker.Auth.Sasl;
using XcpBroker.Config;

namespace XcpBroker.Forwarding;

/// <summary>What a forwarder is told to do.</summary>
/// <param name="Listen">Where clients of this machine connect.</param>
/// <param name="Bus">The bus.</param>
/// <param name="NewMechanism">How the forwarder proves who it is, anew for each connection.</param>
internal sealed record ForwardOptions(UnixListenAddress Listen, ListenAddress Bus, Func<SaslClientMechanism> NewMechanism)
{
    /// <summary>Who may use it besides root and its own user.</summary>
    internal IReadOnlyList<uint> AllowedUsers { get; init; } = [];

    /// <summary>How long a client waits for a bus that cannot be reached.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
