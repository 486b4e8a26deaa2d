using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>$XDG_RUNTIME_DIR/dbus-1/services, where a session describes services that last no longer than itself.</summary>
internal static class TransientDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it and its parent, below a directory of the bus's own user; if it cannot be, who reads it will say so.</summary>
    /// <remarks>As dbus-daemon, only in a directory of its own user: after su(1) the variable may name somebody else's.</remarks>
    internal static unsafe void Make(string path)
    {
        string parent = Path.GetDirectoryName(path)!;
        string runtime = Path.GetDirectoryName(parent)!;
        LibC.FileStatus status;
        if (LibC.GetFileStatus(LibC.AT_FDCWD, runtime, 0, LibC.STATX_BASIC_STATS, &status) < 0 || status.UserId != LibC.GetEffectiveUserId())
        {
            return;
        }

        try
        {
            _ = Directory.CreateDirectory(parent, OwnerOnly);
            _ = Directory.CreateDirectory(path, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is missing then, which is said where descriptors are read.
        }
    }
}
