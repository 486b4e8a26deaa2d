namespace XcpBroker.Fuzz.Corpus;

/// <summary>Finds tests/vectors from wherever the binary lies in the repository.</summary>
internal static class VectorFolder
{
    internal static string Root { get; } = Find();

    internal static IEnumerable<string> Files(string relativePath, string pattern = "*")
    {
        string path = Path.Combine(Root, relativePath);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            : File.Exists(path) ? [path] : [];
    }

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "tests", "vectors");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new DirectoryNotFoundException($"There is no tests/vectors above {AppContext.BaseDirectory}.");
    }
}
