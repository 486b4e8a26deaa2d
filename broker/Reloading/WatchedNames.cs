using XcpBroker.Config;

namespace XcpBroker.Reloading;

/// <summary>Which changes in one directory concern the configuration.</summary>
internal sealed class WatchedNames
{
    private readonly HashSet<string> _names = [];
    private readonly HashSet<string> _endings = [];

    internal bool Concerns(string name) => _names.Contains(name) || _endings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));

    /// <summary>What has to be watched for a configuration: by directory, each of which is there.</summary>
    /// <remarks>For what is missing its nearest ancestor is watched, so that it is noticed when it comes.</remarks>
    /// <param name="options">What is in force.</param>
    /// <param name="exists">Whether there is such a directory.</param>
    internal static IReadOnlyDictionary<string, WatchedNames> Of(BrokerOptions options, Func<string, bool> exists)
    {
        Dictionary<string, WatchedNames> watched = [];
        foreach (string file in options.Configuration?.Files ?? [])
        {
            Find(watched, Path.GetDirectoryName(file), Path.GetFileName(file), exists)?._names.Add(Path.GetFileName(file));
        }

        foreach (string directory in options.Configuration?.Directories ?? [])
        {
            Find(watched, directory, null, exists)?._endings.Add(".conf");
        }

        foreach (ServiceDirectory directory in options.ServiceDirectories)
        {
            Find(watched, directory.Path, null, exists)?._endings.Add(".service");
        }

        return watched;
    }

    /// <summary>The entry of a directory; null: it is missing, and its ancestor has an entry now that waits for it.</summary>
    private static WatchedNames? Find(Dictionary<string, WatchedNames> watched, string? directory, string? child, Func<string, bool> exists)
    {
        bool isThere = true;
        while (!string.IsNullOrEmpty(directory) && !exists(directory))
        {
            isThere = false;
            child = Path.GetFileName(directory);
            directory = Path.GetDirectoryName(directory);
        }

        if (string.IsNullOrEmpty(directory))
        {
            return null;
        }

        if (!watched.TryGetValue(directory, out WatchedNames? names))
        {
            watched.Add(directory, names = new WatchedNames());
        }

        if (!isThere)
        {
            names._names.Add(child!);
        }

        return isThere ? names : null;
    }
}
