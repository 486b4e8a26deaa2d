using System.Globalization;
using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>The file that tells others our process id; that it exists is how they know that a bus runs.</summary>
internal sealed class PidFile : IDisposable
{
    private const uint Mode = 0x1a4; // 0644, less the caller's umask

    private readonly string _path;

    private PidFile(string path) => _path = path;

    /// <summary>What dbus-daemon does before it opens a socket, which it might take from the bus that runs.</summary>
    /// <param name="path">Where the file is to be; null: nowhere.</param>
    /// <exception cref="StartException">It exists.</exception>
    internal static void RefuseExisting(string? path)
    {
        if (File.Exists(path))
        {
            throw Existing(path);
        }
    }

    /// <summary>Writes it, when the sockets listen: who waits for it may connect.</summary>
    /// <param name="path">Where; null: nowhere, and there is none.</param>
    /// <exception cref="StartException">It exists, as dbus-daemon has it, or cannot be written.</exception>
    internal static PidFile? Create(string? path)
    {
        if (path is null)
        {
            return null;
        }

        int file = LibC.Open(path, LibC.O_WRONLY | LibC.O_CREAT | LibC.O_EXCL | LibC.O_CLOEXEC, Mode);
        int error = file < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (file < 0)
        {
            throw error == LibC.EEXIST ? Existing(path) : new StartException($"cannot write the pid file {path}: {Marshal.GetPInvokeErrorMessage(error)}");
        }

        PidFile created = new(path);
        try
        {
            Descriptors.Write(file, string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
            return created;
        }
        catch
        {
            created.Dispose();
            throw;
        }
        finally
        {
            _ = LibC.Close(file);
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

    private static StartException Existing(string path) => new($"the pid file {path} exists: if no bus runs, remove it");
}
