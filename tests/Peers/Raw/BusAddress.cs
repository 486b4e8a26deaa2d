namespace XcpBroker.Peers.Raw;

/// <summary>Where a client's address leads (specification, "addresses"): the first entry of the list that is a Unix socket.</summary>
public static class BusAddress
{
    /// <summary>A path, or NUL and an abstract name.</summary>
    /// <exception cref="ArgumentException">No entry names a Unix socket.</exception>
    public static string UnixPath(string address)
    {
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
