using System.Globalization;

namespace XcpBroker.Peers.Processes;

/// <summary>Memory of a process.</summary>
/// <param name="RssBytes">Resident, shared pages included.</param>
/// <param name="PssBytes">Resident, each shared page divided by its users.</param>
public readonly record struct MemoryUse(long RssBytes, long PssBytes)
{
    /// <summary>Reads /proc/PID/smaps_rollup.</summary>
    public static MemoryUse Read(int pid)
    {
        long rss = 0;
        long pss = 0;
        foreach (string line in File.ReadLines($"/proc/{pid}/smaps_rollup"))
        {
            rss += Kibibytes(line, "Rss:");
            pss += Kibibytes(line, "Pss:");
        }

        return new MemoryUse(rss * 1024, pss * 1024);
    }

    private static long Kibibytes(string line, string key) => !line.StartsWith(key, StringComparison.Ordinal)
        ? 0
        : long.Parse(line[key.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
}
