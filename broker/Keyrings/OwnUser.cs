using XcpBroker.Interop;
using XcpBroker.Startup;

namespace XcpBroker.Keyrings;

/// <summary>The user that the broker runs as, when it is asked.</summary>
internal sealed class OwnUser : IKeyringOwner
{
    public uint UserId => LibC.GetEffectiveUserId();

    public IReadOnlyList<uint>? Groups => HostUsers.GroupsOf(UserId);

    /// <summary>$HOME, as for libdbus's clients, and without it what the host says.</summary>
    public string? Home => Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home ? home : HostUsers.HomeOf(UserId);

    public string? Name => HostUsers.NameOf(UserId);
}
