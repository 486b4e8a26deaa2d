namespace XcpBroker.Peers.Processes;

/// <summary>Files of /proc, whose process or thread may end between being listed and being read.</summary>
public static class ProcessFile
{
    /// <summary>What is in it; empty when whose it is has ended.</summary>
    public static string ReadAllText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // Not there, or ESRCH.
            return "";
        }
    }
}
