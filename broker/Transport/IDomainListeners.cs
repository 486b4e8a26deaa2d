using XcpBroker.Config;

namespace XcpBroker.Transport;

/// <summary>The sockets whose peers are all of one domain: they come and go with it while the bus runs.</summary>
internal interface IDomainListeners
{
    /// <summary>Listens on these and on no others; what is open already stays so.</summary>
    /// <returns>Those that cannot be listened on, and why.</returns>
    IReadOnlyList<(UnixListenAddress Address, string Problem)> Apply(IReadOnlyCollection<UnixListenAddress> wanted);
}
