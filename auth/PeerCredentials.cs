using XcpBroker.Auth.Domains;

namespace XcpBroker.Auth;

/// <summary>What the kernel said of a peer when its connection was accepted, or what the peer has proved since. Null means that nobody can tell.</summary>
/// <remarks>Never filled from what the peer only says of itself.</remarks>
public sealed record PeerCredentials
{
    /// <summary>A peer of which nothing is known.</summary>
    public static PeerCredentials Unknown { get; } = new();

    /// <summary>Effective uid (SO_PEERCRED), or the user whose secret the peer knows (DBUS_COOKIE_SHA1).</summary>
    public uint? UserId { get; init; }

    /// <summary>The domain that the peer is in: its listener proves it, or it has proved it itself. Null: it is of this host.</summary>
    /// <remarks>Whoever is in a domain is nobody of this host: all other properties are null then.</remarks>
    public DomainIdentity? Domain { get; init; }

    /// <summary>The peer has authenticated as nobody (ANONYMOUS): that its user is unknown is its own wish.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>All group ids, primary and supplementary, ascending, none twice; null when they are not known completely.</summary>
    public IReadOnlyList<uint>? GroupIds { get; init; }

    /// <summary>The process that connected (SO_PEERCRED).</summary>
    public int? ProcessId { get; init; }

    /// <summary>Label of the Linux security module (SO_PEERSEC), without the NUL at its end.</summary>
    public byte[]? SecurityLabel { get; init; }
}
