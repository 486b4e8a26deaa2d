namespace XcpBroker.Startup;

/// <summary>Whom a process can run as.</summary>
/// <param name="Name">As the user database spells it.</param>
/// <param name="UserId">The user.</param>
/// <param name="GroupId">Its primary group.</param>
/// <param name="Groups">Every group that initgroups(3) would give it, the primary one included; ascending.</param>
internal sealed record UserAccount(string Name, uint UserId, uint GroupId, IReadOnlyList<uint> Groups)
{
    /// <summary>Its home directory; null: it has none, or nobody has looked.</summary>
    internal string? Home { get; init; }
}
