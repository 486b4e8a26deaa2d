using System.Globalization;
using System.Net;

namespace XcpBroker.Peers.Raw;

/// <summary>Where a client's address leads (specification, "addresses").</summary>
public static class BusAddress
{
    /// <summary>Where an address leads that is a TCP one as a broker prints it, with a numeric host; null for others.</summary>
    public static IPEndPoint? TcpEnd(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        const string Transport = "tcp:";
        if (!address.StartsWith(Transport, StringComparison.Ordinal))
        {
            return null;
        }

        Dictionary<string, string> keys = address[Transport.Length..].Split(',').ToDictionary(pair => pair.Split('=')[0], pair => pair.Split('=')[^1]);
        return new IPEndPoint(IPAddress.Parse(keys["host"]), int.Parse(keys["port"], CultureInfo.InvariantCulture));
    }

    /// <summary>The first Unix socket of a list: a path, or NUL and an abstract name.</summary>
    /// <exception cref="ArgumentException">No entry names a Unix socket.</exception>
    public static string UnixPath(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        foreach (string entry in address.Split(';'))
        {
            if (!entry.StartsWith("unix:", StringComparison.Ordinal))
            {
                continue;
            }

            foreach (string pair in entry[5..].Split(','))
            {
                if (pair.StartsWith("path=", StringComparison.Ordinal))
                {
                    return Uri.UnescapeDataString(pair[5..]);
                }

                if (pair.StartsWith("abstract=", StringComparison.Ordinal))
                {
                    return '\0' + Uri.UnescapeDataString(pair[9..]);
                }
            }
        }

        throw new ArgumentException($"no Unix socket in '{address}'", nameof(address));
    }
}
