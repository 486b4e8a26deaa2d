namespace XcpBroker.Auth;

/// <summary>What the kernel said of a peer when its connection was accepted. Null means that the transport can't tell.</summary>
/// <remarks>Never filled from what the peer says of itself.</remarks>
public sealed record PeerCredentials
{
    /// <summary>A peer of which nothing is known.</summary>
    public static PeerCredentials Unknown { get; } = new();

    /// <summary>Effective uid (SO_PEERCRED).</summary>
    public uint? UserId { get; init; }

    /// <summary>All group ids, primary and supplementary, ascending, none twice; null when they are not known completely.</summary>
    public IReadOnlyList<uint>? GroupIds { get; init; }

    /// <summary>The process that connected (SO_PEERCRED).</summary>
    public int? ProcessId { get; init; }

    /// <summary>Label of the Linux security module (SO_PEERSEC), without the NUL at its end.</summary>
    public byte[]? SecurityLabel { get; init; }
}
