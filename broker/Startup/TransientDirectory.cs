using XcpBroker.Interop;

namespace XcpBroker.Startup;

/// <summary>$XDG_RUNTIME_DIR/dbus-1/services, where a session describes services that last no longer than itself.</summary>
internal static class TransientDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes it and its parent, below a directory of the bus's own user; if it cannot be, who reads it will say so.</summary>
    internal static void Make(string path)
    {
        if (OwnerOf(PathsTo(path)[0]) != LibC.GetEffectiveUserId())
        {
            return;
        }

        try
        {
            foreach (string directory in PathsTo(path)[1..])
            {
                _ = Directory.CreateDirectory(directory, OwnerOnly);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is missing then, which is said where descriptors are read.
        }
    }

    /// <summary>Why what is described there is not for this bus to run: after su(1) the variable may name somebody else's directory.</summary>
    /// <returns>Null: it is the bus's own, or not there.</returns>
    /// <remarks>As dbus-daemon (dbus/dbus-sysdeps-util-unix.c, ensure_owned_directory).</remarks>
    internal static string? Distrust(string path)
    {
        uint own = LibC.GetEffectiveUserId();
        return PathsTo(path).FirstOrDefault(directory => OwnerOf(directory) is { } owner && owner != own) is { } foreign
            ? $"is not looked into: {foreign} belongs to uid {OwnerOf(foreign)}, not to uid {own}"
            : null;
    }

    /// <summary>$XDG_RUNTIME_DIR, and what is below it on the way to the directory.</summary>
    private static string[] PathsTo(string path)
    {
        string parent = Path.GetDirectoryName(path)!;
        return [Path.GetDirectoryName(parent)!, parent, path];
    }

    private static unsafe uint? OwnerOf(string path)
    {
        LibC.FileStatus status;
        return LibC.GetFileStatus(LibC.AT_FDCWD, path, 0, LibC.STATX_BASIC_STATS, &status) < 0 ? null : status.UserId;
    }
}
