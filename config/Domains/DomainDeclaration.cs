using XcpBroker.Auth;
using XcpBroker.Auth.Domains;

namespace XcpBroker.Config.Domains;

/// <summary>A <c>&lt;domain&gt;</c>: who it is, how its peers are known, what it may use.</summary>
/// <param name="Identity">Who it is.</param>
public sealed record DomainDeclaration(DomainIdentity Identity)
{
    /// <summary>How long a peer that answers nothing counts as alive when <c>grace</c> is not given.</summary>
    public static TimeSpan DefaultGrace { get; } = TimeSpan.FromSeconds(60);

    /// <summary>source: whoever comes from one of these is it, where the address can be trusted.</summary>
    public IReadOnlyList<DomainSource> Sources { get; init; } = [];

    /// <summary>source unix: whoever connects to one of these sockets is it; they are listened on.</summary>
    public IReadOnlyList<UnixListenAddress> Sockets { get; init; } = [];

    /// <summary>grace: how long a peer that answers nothing counts as alive.</summary>
    public TimeSpan Grace { get; init; } = DefaultGrace;

    /// <summary>token-file: rooted path of the file with its secret; null: it has none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>What is in that file, without line ends behind it; empty: there is none, or it could not be read.</summary>
    public ReadOnlyMemory<byte> Token { get; init; }

    /// <summary>address: where this domain finds the bus, as xenstore is to tell it; null: as &lt;xenstore&gt; says.</summary>
    public string? Address { get; init; }

    /// <summary>What all its connections may use together.</summary>
    public DomainLimits Limits { get; init; } = new();

    /// <summary>Whether a peer that comes from there is it. Whether the address can be trusted is the listener's business.</summary>
    public bool HasSource(PeerAddress address) => Sources.Any(source => source.Contains(address));

    /// <summary>The first thing by which two domains could be taken for each other; null: nothing.</summary>
    public string? ConflictWith(DomainDeclaration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Identity.Name == other.Identity.Name)
        {
            return $"the name {Identity.Name}";
        }

        if (Identity.Uuid is not null && Identity.Uuid == other.Identity.Uuid)
        {
            return $"the UUID {Identity.Uuid}";
        }

        foreach (DomainSource source in Sources)
        {
            if (other.Sources.Select(source.SharedWith).FirstOrDefault(shared => shared is not null) is { } shared)
            {
                return shared;
            }
        }

        return Sockets.FirstOrDefault(ours => other.Sockets.Any(theirs => theirs.Value == ours.Value)) is { } socket ? $"the socket {socket}" : null;
    }
}
