using System.Globalization;

namespace XcpBroker.Peers.Processes;

/// <summary>What a process has used.</summary>
/// <param name="CpuNanoseconds">Time on a CPU, user and system, all threads that still live.</param>
public readonly record struct ProcessUsage(long CpuNanoseconds)
{
    /// <summary>Reads it, to the nanosecond, from the scheduler's statistics of each thread.</summary>
    public static ProcessUsage Read(int pid)
    {
        long total = 0;
        foreach (string task in Directory.GetDirectories($"/proc/{pid}/task"))
        {
            string line;
            try
            {
                line = File.ReadAllText($"{task}/schedstat");
            }
            catch (IOException)
            {
                continue;
            }

            total += long.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        }

        return new ProcessUsage(total);
    }
}
