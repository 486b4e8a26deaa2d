using XcpBroker.Interop;

namespace XcpBroker.Spawning.Helper;

/// <summary>A file that is removed when the bus has ended, unless another one has taken its place: the next broker's.</summary>
internal sealed class EndedFile
{
    private readonly string _path;
    private readonly Identity? _identity;

    internal EndedFile(string path)
    {
        _path = path;
        _identity = Read(path);
    }

    internal void Remove()
    {
        if (_identity is { } identity && Read(_path) == identity)
        {
            try
            {
                File.Delete(_path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its directory has gone, or is read-only by now.
            }
        }
    }

    private static unsafe Identity? Read(string path)
    {
        LibC.FileStatus status;
        return LibC.GetFileStatus(LibC.AT_FDCWD, path, LibC.AT_SYMLINK_NOFOLLOW, LibC.STATX_BASIC_STATS | LibC.STATX_BTIME, &status) == 0
            ? new Identity(status.DeviceMajor, status.DeviceMinor, status.Inode, status.BirthSeconds, status.BirthNanoseconds)
            : null;
    }

    // Inode numbers are used again, often at once: so the time of birth too.
    private readonly record struct Identity(uint Major, uint Minor, ulong Inode, long BirthSeconds, uint BirthNanoseconds);
}
