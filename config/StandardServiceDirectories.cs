namespace XcpBroker.Config;

/// <summary>What <c>standard_session_servicedirs</c> and <c>standard_system_servicedirs</c> stand for.</summary>
/// <param name="RuntimeDirectory">$XDG_RUNTIME_DIR.</param>
/// <param name="DataHome">$XDG_DATA_HOME.</param>
/// <param name="DataDirectories">$XDG_DATA_DIRS.</param>
/// <param name="Home">The home directory of the bus's user.</param>
/// <remarks>Source: dbus-daemon(1); bus/config-parser.c and dbus/dbus-sysdeps-util-unix.c of dbus 1.16.2.</remarks>
public sealed record StandardServiceDirectories(string? RuntimeDirectory, string? DataHome, string? DataDirectories, string? Home)
{
    private const string SessionFolder = "dbus-1/services";
    private const string SystemFolder = "dbus-1/system-services";

    /// <summary>Without any of the variables.</summary>
    public static StandardServiceDirectories Unset { get; } = new(null, null, null, null);

    /// <summary>Of the system bus: /etc and /run, which dbus-daemon has since 1.16, then those it always had.</summary>
    public static IReadOnlyList<ServiceDirectory> System { get; } =
    [
        Strict($"/etc/{SystemFolder}"),
        Strict($"/run/{SystemFolder}"),
        Traditional($"/usr/local/share/{SystemFolder}"),
        Traditional($"/usr/share/{SystemFolder}"),
        Traditional($"/lib/{SystemFolder}"),
    ];

    /// <summary>Of a session bus, the first one first.</summary>
    public IReadOnlyList<ServiceDirectory> Session
    {
        get
        {
            List<ServiceDirectory> directories = [];
            if (!string.IsNullOrEmpty(RuntimeDirectory))
            {
                directories.Add(Strict(Join(RuntimeDirectory)) with { IsTransient = true });
            }

            string? dataHome = DataHome ?? (Home is null ? null : $"{Home.TrimEnd('/')}/.local/share");
            string list = $"{dataHome}:{DataDirectories ?? "/usr/local/share:/usr/share"}:/usr/share";
            directories.AddRange(list.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Traditional(Join(directory))));
            return [.. directories.DistinctBy(directory => directory.Path)];
        }
    }

    private static string Join(string directory) => $"{directory.TrimEnd('/')}/{SessionFolder}";

    private static ServiceDirectory Traditional(string path) => new(path, IsTransient: false, RequiresMatchingFileNames: false);

    private static ServiceDirectory Strict(string path) => new(path, IsTransient: false, RequiresMatchingFileNames: true);
}
