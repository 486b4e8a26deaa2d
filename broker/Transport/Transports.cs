using XcpBroker.Config;
using XcpBroker.Startup;

namespace XcpBroker.Transport;

/// <summary>The transports that there are: whoever reads, opens or connects to an address looks here.</summary>
internal sealed class Transports(params IReadOnlyList<ITransport> all)
{
    /// <summary>Those of this program.</summary>
    internal static Transports Known { get; } = new(new UnixTransport(), new TcpTransport(), new TcpTransport(hasNonce: true), new VsockTransport());

    internal IReadOnlyList<ITransport> All => all;

    /// <summary>Reads addresses of these, and <c>systemd:</c>, which is any of them.</summary>
    internal AddressParser Addresses { get; } = new([.. all.Select(transport => transport.Syntax), new SystemdSyntax()]);

    /// <summary>That of an address.</summary>
    /// <exception cref="StartException">It is <c>systemd:</c>, which is none.</exception>
    internal ITransport Of(ListenAddress address) => all.FirstOrDefault(transport => transport.Syntax.Name == address.Transport)
        ?? throw new StartException($"{address}: {address.ConnectProblem}");
}
