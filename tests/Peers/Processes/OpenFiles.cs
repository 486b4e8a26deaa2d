namespace XcpBroker.Peers.Processes;

/// <summary>Descriptors of a process, from /proc/PID/fd.</summary>
public static class OpenFiles
{
    /// <summary>How many of them are of that file.</summary>
    public static int Count(int pid, string file) =>
        Directory.GetFileSystemEntries($"/proc/{pid}/fd").Count(entry => new FileInfo(entry).LinkTarget == file);
}
