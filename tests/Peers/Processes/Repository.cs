namespace XcpBroker.Peers.Processes;

/// <summary>The checkout that the tests were built from.</summary>
public static class Repository
{
    /// <summary>The directory of XcpBroker.sln, above the tests' binaries; the current directory when they were moved.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "XcpBroker.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? Environment.CurrentDirectory;
    }
}
