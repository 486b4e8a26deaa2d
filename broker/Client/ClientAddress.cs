using XcpBroker.Config;
using XcpBroker.Startup;
using XcpBroker.Transport;

namespace XcpBroker.Client;

/// <summary>Addresses as clients are told them: a list, of which the first that works counts. Specification, "Server Addresses".</summary>
internal static class ClientAddress
{
    /// <summary>Connects to a bus on a Unix socket.</summary>
    /// <param name="addresses">For example what <c>--print-address</c> prints; a guid is not compared.</param>
    /// <exception cref="StartException">There is none that works; the text is the last one's reason.</exception>
    internal static BusClient Connect(string addresses)
    {
        StartException failure = new($"there is no address in \"{addresses}\"");
        foreach (string address in addresses.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                return BusClient.Connect(Parse(address));
            }
            catch (StartException e)
            {
                failure = e;
            }
        }

        throw failure;
    }

    private static UnixListenAddress Parse(string address)
    {
        // A guid is something to listen on to our parser, and may be any text to a client.
        string plain = string.Join(',', address.Split(',').Where(part => !part.StartsWith("guid=", StringComparison.Ordinal)));
        return Transports.Known.Addresses.TryParse(plain, out IReadOnlyList<ListenAddress>? parsed, out string? error)
            && parsed is [UnixListenAddress { Kind: UnixAddressKind.Path or UnixAddressKind.Abstract } unix]
                ? unix
                : throw new StartException($"{address}: {error ?? "not the address of a Unix socket"}");
    }
}
