using System.Diagnostics.CodeAnalysis;
using System.Net;
using XcpBroker.Auth;

namespace XcpBroker.Config.Domains;

/// <summary>source tcp: whoever comes from one of these addresses, to a listener that trusts addresses.</summary>
/// <param name="Network">An address, or all with one prefix.</param>
public sealed record TcpSource(IPNetwork Network) : DomainSource
{
    /// <summary>Reads an address, or a prefix of addresses as <c>10.1.0.0/16</c>, whose other bits are zero.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out DomainSource? source, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        source = TryReadNetwork(text, out IPNetwork network) ? new TcpSource(network) : null;
        error = source is null ? $"tcp is \"{text}\"; expected an address or a prefix as 10.1.0.0/16 whose other bits are zero" : null;
        return source is not null;
    }

    /// <inheritdoc/>
    public override bool Contains(PeerAddress address) => address is TcpPeerAddress peer && Network.Contains(peer.Ip);

    /// <inheritdoc/>
    public override string? SharedWith(DomainSource other) =>
        other is TcpSource theirs && (Network.Contains(theirs.Network.BaseAddress) || theirs.Network.Contains(Network.BaseAddress)) ? $"addresses of {Network}" : null;

    private static bool TryReadNetwork(string text, out IPNetwork network)
    {
        network = default;
        if (text.Contains('/', StringComparison.Ordinal))
        {
            // TryParse alone lets the other bits be anything.
            return IPNetwork.TryParse(text, out network) && IPAddress.Parse(text[..text.IndexOf('/', StringComparison.Ordinal)]).Equals(network.BaseAddress);
        }

        // TryParse alone would take 7 for 0.0.0.7 and 010 for 8.
        if (!IPAddress.TryParse(text, out IPAddress? address) || !(text.Contains(':', StringComparison.Ordinal) || address.ToString() == text))
        {
            return false;
        }

        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        network = new IPNetwork(plain, plain.GetAddressBytes().Length * 8);
        return true;
    }
}
