namespace XcpBroker.Peers.Processes;

/// <summary>What the kernel says of the thread that owns the bus.</summary>
public static class BusThread
{
    private const string Name = "bus";

    /// <summary>Waits until the thread is found asleep: it had nothing left to do. One that spins never is.</summary>
    /// <param name="pid">The broker.</param>
    /// <param name="patience">How long to look.</param>
    /// <returns>False when it was never asleep in that time.</returns>
    public static bool FallsAsleep(int pid, TimeSpan patience)
    {
        string stat = Path.Combine(Find(pid), "stat");
        long start = TimeProvider.System.GetTimestamp();
        while (File.ReadAllText(stat).Split(") ")[1][0] != 'S')
        {
            if (TimeProvider.System.GetElapsedTime(start) > patience)
            {
                return false;
            }
        }

        return true;
    }

    private static string Find(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .First(task => ProcessFile.ReadAllText(Path.Combine(task, "comm")).Trim() == Name);
}
