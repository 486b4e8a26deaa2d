using XcpBroker.Auth.Sasl;
using XcpBroker.Auth.Sasl.XcpToken;
using XcpBroker.Config;
using XcpBroker.Interop;
using XcpBroker.Protocol.Marshalling;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Forwarding;

/// <summary>A bus, and how one proves oneself there.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Transports">Those by which it can be reached.</param>
/// <param name="Source">Who says so, for people.</param>
/// <param name="NewMechanism">For one conversation.</param>
internal sealed record BusChoice(ListenAddress Address, Transports Transports, string Source, Func<SaslClientMechanism> NewMechanism)
{
    /// <summary>How it is reached.</summary>
    /// <exception cref="StartException">It cannot be.</exception>
    internal ITransport Transport => Transports.Of(Address);

    /// <exception cref="StartException">It cannot be connected to, whatever is there.</exception>
    internal void CheckAddress()
    {
        if (Address.ConnectProblem is { } problem)
        {
            throw new StartException($"{Address}: {problem}");
        }
    }

    /// <summary>The kernel's forms of the address, to be tried in this order. May wait for DNS.</summary>
    /// <exception cref="StartException">There are none; the text says why.</exception>
    internal IReadOnlyList<SocketName> Resolve()
    {
        CheckAddress();
        return Transport.Resolve(Address);
    }
}

/// <summary>Finds the bus, each time that somebody is to connect: address and token from what was said at the start, and what was not said from xenstore.</summary>
/// <param name="located">Where it is; null: as xenstore says.</param>
/// <param name="token">What proves which domain this is; null: as whoever located it, or xenstore, says.</param>
/// <param name="domain">The domain, where the token does not name it; null: it does.</param>
/// <param name="xenstore">What this domain is told; null: it has no xenstore.</param>
/// <param name="transports">Those by which a bus can be reached.</param>
internal sealed class BusFinder(LocatedBus? located, DomainToken? token, string? domain, XenstoreBus? xenstore, Transports transports)
{
    // Who comes by a Unix socket is known by that socket, or by the forwarder behind it: there is nothing to prove.
    private readonly bool _asksForToken = xenstore is not null && located is { Token: null } && token is null && Parse(located, transports) is not UnixListenAddress;

    private BusChoice? _last;
    private XenstoreNodes? _lastNodes;

    /// <summary>Whether it is the same each time.</summary>
    internal bool IsFixed => located is not null && !_asksForToken;

    /// <summary>Where it looks, for people.</summary>
    public override string ToString() => located?.Address ?? "what xenstore says";

    /// <summary>Finds it. Waits for xenstore, so not on a loop unless <see cref="IsFixed"/>.</summary>
    /// <param name="patience">How long the address may take to appear there.</param>
    /// <exception cref="StartException">It is nowhere, or what is said cannot be read.</exception>
    internal BusChoice Find(TimeSpan patience)
    {
        if (IsFixed)
        {
            return _last ??= Choose(located!, token ?? located!.Token);
        }

        XenstoreNodes? nodes = xenstore!.Find(located is null ? patience : null, out string? problem);
        if (_last is null || nodes is null || nodes != _lastNodes)
        {
            _last = located is not null ? Choose(located, Parse(nodes?.Token)) : OfXenstore(nodes ?? throw new StartException(problem!));
            _lastNodes = nodes;
        }

        return _last;
    }

    private BusChoice OfXenstore(XenstoreNodes nodes)
    {
        LocatedBus bus = nodes.Address is { } address
            ? new LocatedBus(address, XenstoreBus.Source)
            : throw new StartException("xenstore has no xcp-bus/address for this domain: has the configuration of the bus <xenstore address=...> and this domain?");
        ListenAddress parsed = Parse(bus, transports);
        return Choose(bus with { Address = WithGuid(address, parsed, nodes.Guid) }, token ?? (parsed is UnixListenAddress ? null : Parse(nodes.Token)));
    }

    private static DomainToken? Parse(string? text) => text is null ? null
        : DomainToken.TryParse(StrictUtf8.Instance.GetBytes(text), out DomainToken? token, out string? error) ? token
        : throw new StartException($"xenstore, xcp-bus/token: {error}");

    private static string WithGuid(string address, ListenAddress parsed, string? guid) => guid is null || parsed.Guid is not null ? address : $"{address},guid={guid}";

    // A list is of the same bus, as the broker prints it.
    private static ListenAddress Parse(LocatedBus bus, Transports transports) => transports.Addresses.TryParse(bus.Address, out IReadOnlyList<ListenAddress>? addresses, out string? error)
        ? addresses[0]
        : throw new StartException($"{bus.Source}: {error}");

    private BusChoice Choose(LocatedBus bus, DomainToken? proof)
    {
        string? name = domain ?? proof?.Name;
        return proof is not null && name is null
            ? throw new StartException("the token file does not name the domain: --domain NAME must")
            : new BusChoice(Parse(bus, transports), transports, bus.Source, NewMechanism(proof, name));
    }

    private static Func<SaslClientMechanism> NewMechanism(DomainToken? token, string? domain) => token is null
        ? static () => new ExternalClient(LibC.GetEffectiveUserId())
        : () => new XcpTokenClient(domain!, token.Secret, SecureRandom.Bytes(TokenProof.NonceBytes));
}
