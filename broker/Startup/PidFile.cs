using System.Globalization;
using System.Text;

namespace XcpBroker.Startup;

/// <summary>The file that tells others our process id; that it exists is how they know that a bus runs.</summary>
internal sealed class PidFile : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <summary>Writes it.</summary>
    /// <param name="path">Where; null: nowhere, and there is none.</param>
    /// <exception cref="StartException">It exists, as dbus-daemon has it, or cannot be written.</exception>
    internal static PidFile? Create(string? path)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            using FileStream file = new(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = Mode,
            });
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
            return new PidFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException(File.Exists(path)
                ? $"the pid file {path} exists: if no bus runs, remove it"
                : $"cannot write the pid file {path}: {e.Message}");
        }
    }

    /// <summary>Removes it, unless we no longer may: then the root helper does.</summary>
    public void Dispose()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its directory is root's.
        }
    }
}
