using System.Globalization;

namespace XcpBroker.Peers.Processes;

/// <summary>What a process has used.</summary>
/// <param name="CpuNanoseconds">Time on a CPU, user and system, all threads that still live.</param>
/// <param name="Timeslices">How often one of its threads was put on a CPU.</param>
public readonly record struct ProcessUsage(long CpuNanoseconds, long Timeslices)
{
    /// <summary>Reads it, to the nanosecond, from the scheduler's statistics of each thread.</summary>
    public static ProcessUsage Read(int pid)
    {
        long total = 0;
        long slices = 0;
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

            string[] fields = line.Split(' ');
            total += long.Parse(fields[0], CultureInfo.InvariantCulture);
            slices += long.Parse(fields[2], CultureInfo.InvariantCulture);
        }

        return new ProcessUsage(total, slices);
    }
}
