namespace XcpBroker.Auth.Domains;

/// <summary>A domain whose peers are on this bus without being users of this host. Who is one has proved it, or its listener has.</summary>
/// <param name="Name">What the configuration calls it; unique.</param>
/// <remarks>Its peers have no Unix user here, whatever numbers they claim.</remarks>
public sealed record DomainIdentity(string Name)
{
    /// <summary>Its UUID, canonical and lower-case; null: not configured.</summary>
    public string? Uuid { get; init; }

    /// <summary>What kind of domain it is, as the configuration says; null: not configured.</summary>
    public string? Type { get; init; }

    /// <summary>What else policies may know it by.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The number that the hypervisor gave it this time (domid, or CID); null: not known.</summary>
    public uint? Id { get; init; }
}
