namespace XcpBroker.Config.Reading;

/// <summary>Paths in a file begin at the directory of that file.</summary>
internal static class RelativePath
{
    internal static string Resolve(string file, string path)
    {
        int slash = file.LastIndexOf('/');
        return path.StartsWith('/') || slash < 0 ? path : $"{file[..(slash + 1)]}{path}";
    }
}
