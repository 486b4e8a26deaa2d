using System.Runtime.InteropServices;
using XcpBroker.Interop;

namespace XcpBroker.Spawning.Helper;

/// <summary>Files that only root can have written: what is read from them may be done as root.</summary>
internal static unsafe class TrustedFile
{
    private const int WritableByOthers = 0x12; // group and others

    /// <summary>Reads a file.</summary>
    /// <param name="directory">Where it is; root's, and writable for root only.</param>
    /// <param name="name">Its name there; the file likewise, though a link may lead to it.</param>
    /// <param name="limit">The most bytes that it may have.</param>
    /// <param name="content">All of it; null if there is none, or it is not trusted.</param>
    /// <returns>Why it is not trusted; null if it is, or does not exist.</returns>
    internal static string? Read(string directory, string name, int limit, out byte[]? content)
    {
        content = null;
        LibC.FileStatus status;
        if (LibC.GetFileStatus(LibC.AT_FDCWD, directory, 0, LibC.STATX_BASIC_STATS, &status) < 0)
        {
            return Problem(directory, Marshal.GetLastPInvokeError());
        }

        if (!IsRoots(status, LibC.DirectoryFile))
        {
            return $"{directory} is not root's alone to write";
        }

        string path = Path.Combine(directory, name);
        int file = LibC.Open(path, LibC.O_CLOEXEC | LibC.O_NONBLOCK); // a FIFO must not hold us up
        if (file < 0)
        {
            return Problem(path, Marshal.GetLastPInvokeError());
        }

        try
        {
            return LibC.GetFileStatus(file, "", LibC.AT_EMPTY_PATH, LibC.STATX_BASIC_STATS, &status) < 0 ? Problem(path, Marshal.GetLastPInvokeError())
                : !IsRoots(status, LibC.RegularFile) ? $"{path} is not a file that is root's alone to write"
                : status.Size > (ulong)limit ? $"{path} is longer than {limit} bytes"
                : Read(file, path, limit, out content);
        }
        finally
        {
            _ = LibC.Close(file);
        }
    }

    private static bool IsRoots(in LibC.FileStatus status, int type) =>
        (status.Mode & LibC.FileTypeMask) == type && status.UserId == 0 && (status.Mode & WritableByOthers) == 0;

    private static string? Read(int file, string path, int limit, out byte[]? content)
    {
        content = null;
        byte[] buffer = new byte[limit];
        int length = 0;
        fixed (byte* start = buffer)
        {
            while (length < limit)
            {
                nint count = LibC.Read(file, start + length, (nuint)(limit - length));
                if (count == 0)
                {
                    break;
                }

                if (count < 0 && Marshal.GetLastPInvokeError() is not LibC.EINTR and int error)
                {
                    return Problem(path, error);
                }

                length += (int)Math.Max(count, 0);
            }
        }

        content = buffer[..length];
        return null;
    }

    private static string? Problem(string path, int error) => error == LibC.ENOENT ? null : $"{path}: {Marshal.GetPInvokeErrorMessage(error)}";
}
