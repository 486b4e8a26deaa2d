using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace XcpBroker.Config.Domains;

/// <summary>Reads where a domain's peers come from.</summary>
public static class DomainSources
{
    private const uint AnyCid = uint.MaxValue;
    private const uint HypervisorCid = 0;
    private const uint HostCid = 2;

    /// <summary>A context id of a guest. 1, which is loopback, is taken too: a listener has its own say about it.</summary>
    public static bool TryReadCid(string text, out uint cid, [NotNullWhen(false)] out string? error)
    {
        bool isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out cid);
        error = isNumber && cid is not (HypervisorCid or HostCid or AnyCid)
            ? null
            : $"vsock-cid is \"{text}\"; expected the context id of a guest: a number from 3 on";
        return error is null;
    }

    /// <summary>An address, or a prefix of addresses as <c>10.1.0.0/16</c>, whose other bits are zero.</summary>
    public static bool TryReadNetwork(string text, out IPNetwork network, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        network = default;
        if (text.Contains('/', StringComparison.Ordinal))
        {
            // TryParse alone lets the other bits be anything.
            error = IPNetwork.TryParse(text, out network) && IPAddress.Parse(text[..text.IndexOf('/', StringComparison.Ordinal)]).Equals(network.BaseAddress)
                ? null
                : $"tcp is \"{text}\"; expected an address or a prefix as 10.1.0.0/16 whose other bits are zero";
            return error is null;
        }

        // TryParse alone would take 7 for 0.0.0.7 and 010 for 8.
        bool isAddress = IPAddress.TryParse(text, out IPAddress? address) && (text.Contains(':', StringComparison.Ordinal) || address.ToString() == text);
        error = isAddress ? null : $"tcp is \"{text}\"; expected an address or a prefix as 10.1.0.0/16 whose other bits are zero";
        if (error is null)
        {
            IPAddress plain = address!.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            network = new IPNetwork(plain, plain.GetAddressBytes().Length * 8);
        }

        return error is null;
    }
}
